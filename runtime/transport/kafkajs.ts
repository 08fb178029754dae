/** kafkajs and its queue of requests, under types of our own. */
// @ts-types="./kafkajs_types.d.ts"
export { Kafka, logLevel, Partitioners } from "kafkajs";
// @ts-types="./kafkajs_types.d.ts"
export { default as RequestQueue } from "kafkajs/request-queue";
export type * from "./kafkajs_types.d.ts";
