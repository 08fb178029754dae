/// <reference lib="dom" />
/** The page's entry: starts the stream and draws. */
import { render } from "preact";
import { Blotter } from "./blotter.tsx";
import { startCrashes } from "./crash_requests.ts";
import { CrashWindow } from "./crash_record.tsx";
import { Crashes } from "./crashes.tsx";
import { ControlsPage } from "./controls_page.tsx";
import { startControls } from "./controls_requests.ts";
import { startPlaces } from "./places.ts";
import { Footer } from "./footer.tsx";
import { Gate } from "./gate.tsx";
import { Header, Notices } from "./header.tsx";
import { KillPanel } from "./kill.tsx";
import { Latency } from "./latency.tsx";
import { Login, startSession } from "./login.tsx";
import { Market } from "./market.tsx";
import { Organisms } from "./organisms.tsx";
import { Guarded } from "./panel.tsx";
import { bottom, fresh, place } from "./state.ts";
import { startOrders } from "./api.ts";
import { startStream } from "./stream.ts";
import { Tree } from "./tree.tsx";

function Desk() {
  return (
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
  );
}

function Page() {
  return (
    <div class={fresh.value ? "page" : "page stale"}>
      <a class="skip" href={place.value === "desk" ? "#kill" : "#kill-states"}>Skip to the kill switch</a>
      <Header />
      <Notices />
      <Login />
      {place.value === "desk" ? <Desk /> : <ControlsPage />}
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
  startPlaces();
  startStream();
  startSession();
  startOrders();
  startCrashes();
  startControls();
}
