/// <reference lib="dom" />
/** The page's entry: starts the stream and draws. */
import { render } from "preact";
import { Blotter } from "./blotter.tsx";
import { startCrashes } from "./crash_requests.ts";
import { CrashWindow } from "./crash_record.tsx";
import { Crashes } from "./crashes.tsx";
import { Footer } from "./footer.tsx";
import { Gate } from "./gate.tsx";
import { Header, Notices } from "./header.tsx";
import { KillPanel } from "./kill.tsx";
import { Latency } from "./latency.tsx";
import { Login, startSession } from "./login.tsx";
import { Market } from "./market.tsx";
import { Organisms } from "./organisms.tsx";
import { Guarded } from "./panel.tsx";
import { bottom, fresh } from "./state.ts";
import { startOrders } from "./api.ts";
import { startStream } from "./stream.ts";
import { Tree } from "./tree.tsx";

function Page() {
  return (
    <div class={fresh.value ? "page" : "page stale"}>
      <a class="skip" href="#kill">Skip to the kill switch</a>
      <Header />
      <Notices />
      <Login />
      <main>
        <div class="column-left">
          <KillPanel />
          <Guarded name="tree">
            <Tree />
          </Guarded>
        </div>
        <Guarded name="market">
          <Market />
        </Guarded>
        <Guarded name="organisms">
          <Organisms />
        </Guarded>
        <div class="column-right">
          <Guarded name="gate">
            <Gate />
          </Guarded>
          <Guarded name="latency">
            <Latency />
          </Guarded>
        </div>
        <Guarded name={bottom.value === "orders" ? "blotter" : "crashes"}>
          {bottom.value === "orders" ? <Blotter /> : <Crashes />}
        </Guarded>
      </main>
      <Guarded name="crash">
        <CrashWindow />
      </Guarded>
      <Footer />
    </div>
  );
}

const root = document.getElementById("app");
if (root !== null) {
  render(<Page />, root);
  startStream();
  startSession();
  startOrders();
  startCrashes();
}
