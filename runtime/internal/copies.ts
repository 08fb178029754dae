/** Messages as they would arrive in another process: for systems whose actors must not share what they send. */
import { decode, encode, type RefCodec } from "../codec.ts";
import { Envelope } from "./cell.ts";

/** A copy made by the codec; refs stay what they are. Throws CodecError for what could not be written. */
export function copied(message: unknown): unknown {
  if (!(message instanceof Envelope)) return plain(message);
  message.replace(plain);
  return message;
}

function plain(message: unknown): unknown {
  const refs: object[] = [];
  const codec: RefCodec = {
    write: (value) => isRef(value) ? refs.push(value) - 1 : undefined,
    read: (index) => refs[Number(index)],
  };
  return decode(encode(message, codec), codec);
}

function isRef(value: object): boolean {
  return "tell" in value && typeof value.tell === "function" && "path" in value && typeof value.path === "string";
}
