/// <reference lib="dom" />
/** The entry of a cluster's page. */
import { render } from "preact";
import { Login, startSession } from "./login.tsx";
import { NodesPage, overview } from "./nodes.tsx";
import { startStream } from "./stream.ts";

const root = document.getElementById("app");
if (root !== null) {
  document.title = "CWTS cluster";
  render(<NodesPage login={<Login />} />, root);
  startStream({ path: "/api/v1/cluster/events", heard: (text) => overview.value = JSON.parse(text) });
  startSession();
}
