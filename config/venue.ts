/** The paper exchange that a node trades on with `feed.kind = "paper"`. */
import { z } from "zod";
import { flag, key, text, whole } from "./kinds.ts";

export const venueSchema = z.strictObject({
  directory: key(
    text().default("./cwts-venue"),
    "path",
    "directory of the exchange, which says where its door is and holds the token",
  ),
  cancelOnDisconnect: key(
    flag().default(true),
    "",
    "whether the exchange cancels what rests of the node when the connection ends; without it orders rest on and fill",
  ),
  deadlineMs: key(
    whole(10, 600_000).default(2_000),
    "ms",
    "the longest an answer of the exchange may take, before the connection counts as lost",
  ),
});
