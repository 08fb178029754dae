import { brokerContract } from "./contract.ts";
import { memoryWorld } from "./world.ts";

// deno-lint-ignore require-await -- the other worlds take time to come about
brokerContract("memory", async () => memoryWorld());
