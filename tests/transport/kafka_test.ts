import { Kafka, logLevel, Partitioners } from "kafkajs";
import { startKafka } from "../services/kafka.ts";
import { brokerContract } from "./contract.ts";
import { serverWorld } from "./world.ts";

async function put(port: number, topic: string, partition: number, frame: string): Promise<void> {
  const kafka = new Kafka({ brokers: [`127.0.0.1:${port}`], logLevel: logLevel.NOTHING });
  const producer = kafka.producer({ createPartitioner: Partitioners.DefaultPartitioner });
  await producer.connect();
  await producer.send({ topic, messages: [{ key: "k", value: frame, partition }] });
  await producer.disconnect();
}

brokerContract("kafka", async () => serverWorld("kafka", await startKafka(), put));
