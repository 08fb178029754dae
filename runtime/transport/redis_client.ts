/** node-redis, under types of our own. */
// @ts-types="./redis_types.d.ts"
export { createClient, ErrorReply, MultiErrorReply } from "redis";
