/** A Kafka of one line as the contract's tests have it. */
import { Kafka, logLevel, Partitioners } from "../../runtime/transport/kafkajs.ts";
import type { KafkaLine } from "../services/jars.ts";
import { startKafka } from "../services/kafka.ts";
import { serverWorld, type World } from "./world.ts";

export async function kafkaWorld(line: KafkaLine): Promise<World> {
  return serverWorld("kafka", await startKafka({ line }), put);
}

async function put(port: number, topic: string, partition: number, frame: string): Promise<void> {
  const kafka = new Kafka({ brokers: [`127.0.0.1:${port}`], logLevel: logLevel.NOTHING });
  const producer = kafka.producer({ createPartitioner: Partitioners.DefaultPartitioner });
  await producer.connect();
  await producer.send({ topic, messages: [{ key: "k", value: frame, partition }] });
  await producer.disconnect();
}
