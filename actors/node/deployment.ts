/**
 * The deployment of a node: what runs here goes on record at every start, beside what was expected. A node that is not what
 * was released is KILLED before its first order and stays so; an organism whose mandate was given for other code is KILLED
 * by itself.
 */
import type { Config } from "../../config/mod.ts";
import { configHash } from "../../config/mod.ts";
import { FIRM_SCOPE, RecordType, ScopeState } from "../../ffi/layout.gen.ts";
import type { ControlPage } from "../../ffi/mod.ts";
import type { Micros } from "../../runtime/mod.ts";
import { type AlertsBell, type Concern, concern } from "../protocol/mod.ts";
import type { Build } from "./build.ts";
import { compareRelease, type Mismatch, parseManifest } from "./release.ts";
import { organismScope } from "./scopes.ts";

/** As it stands on record. */
export interface Deployment extends Build {
  /** Of the configuration at the start. */
  readonly config: string;
  /** The manifest that was found, whether or not it fits. */
  readonly release: { readonly person: string; readonly releasedAt: string; readonly publicKey: string } | null;
  readonly mismatches: readonly Mismatch[];
  /** Mandates that name the code they were given for. */
  readonly mandates: readonly { readonly organism: string; readonly code: string; readonly holds: boolean }[];
}

export function deploymentOf(build: Build, config: Config, manifest: string | null): Deployment {
  const parsed = manifest === null ? null : parseManifest(manifest);
  return {
    ...build,
    config: configHash(config),
    release: parsed === null
      ? null
      : { person: parsed.person, releasedAt: parsed.releasedAt, publicKey: parsed.publicKey },
    mismatches: compareRelease(build, config, manifest),
    mandates: config.controls.mandates.flatMap(({ organism, code }) =>
      code === undefined ? [] : [{ organism, code, holds: code === build.code }]
    ),
  };
}

const WHO = "release";

/** Kills what is not what was released: by the word alone, before anything runs. */
export function enforceDeployment(
  { mismatches, mandates, code: here }: Deployment,
  control: ControlPage,
  wall: number,
): void {
  if (mismatches.length > 0) {
    const [{ code, sentence }] = mismatches;
    control.tighten(FIRM_SCOPE, ScopeState.Killed, `${code}: ${sentence}`, WHO, wall);
  }
  for (const { organism, code, holds } of mandates) {
    const slot = control.find(organismScope(organism));
    if (holds || slot === null) continue;
    control.tighten(slot, ScopeState.Killed, mandateSentence(organism, code, here), WHO, wall);
  }
}

export interface DeploymentParts {
  /** Absent where nobody looked at what runs. */
  readonly deployment?: Deployment;
  readonly control: ControlPage;
  readonly note: (type: number, value: unknown) => void;
  readonly wall: number;
}

/** Puts the deployment on record, and kills what is not what was released. */
export function putDeploymentOnRecord({ deployment, control, note, wall }: DeploymentParts): void {
  if (deployment === undefined) return;
  note(RecordType.Note, { deployment });
  enforceDeployment(deployment, control, wall);
}

/** Tells the mode and whoever answers alerts, once the node can be told something. */
export function tellDeployment(
  deployment: Deployment | undefined,
  { bell, report, time }: {
    readonly bell: AlertsBell;
    readonly report: (concern: Concern) => void;
    readonly time: Micros;
  },
): void {
  for (const { code, sentence } of deployment?.mismatches ?? []) {
    report(concern({ kind: "release-mismatch", subject: code, active: true, detail: `${code}: ${sentence}`, time }));
  }
  for (const { organism, code, holds } of deployment?.mandates ?? []) {
    if (holds) continue;
    bell.raise("release-mismatch", organismScope(organism), mandateSentence(organism, code, deployment!.code));
  }
}

function mandateSentence(organism: string, code: string, here: string): string {
  return `MANDATE_CODE: ${organism} was certified with the code ${code.slice(0, 12)}, and ${
    here.slice(0, 12)
  } runs here: ` +
    "certify it anew, or run what was certified";
}
