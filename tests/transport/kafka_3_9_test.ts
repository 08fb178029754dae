/** The older line of Kafka that is still maintained keeps the same promises. */
import { brokerContract } from "./contract.ts";
import { kafkaWorld } from "./kafka_world.ts";

brokerContract("kafka", () => kafkaWorld("3.9"), "kafka 3.9");
