/**
 * The trace a letter belongs to, as the header `traceparent` of W3C's Trace Context (version 00), so that tools that know
 * nothing of CWTS can follow an order over nodes.
 *
 * Nothing is drawn by chance: the trace is named after the message from outside that began the chain (node, epoch, root), the
 * span after the letter itself (node, epoch, id). Equal runs have equal traces, and both numbers can be read out of the name.
 */
import type { WireEnvelope } from "../message.ts";

const PATTERN = /^00-([0-9a-f]{32})-([0-9a-f]{16})-[0-9a-f]{2}$/;

/** A letter's header when nothing came before it. */
export function traceHeader(envelope: WireEnvelope): string {
  const life = fnv(`${envelope.node}\n${envelope.epoch}`);
  return `00-${hex(fnv(envelope.node), 8)}${hex(life, 8)}${hex(envelope.root, 16)}-${spanOf(envelope)}-01`;
}

/** A letter's header in the trace of the one that it was caused by; a new trace where that has none that can be read. */
export function continued(envelope: WireEnvelope, before: string | undefined): string {
  const trace = before === undefined ? null : PATTERN.exec(before)?.[1] ?? null;
  return trace === null || /^0+$/.test(trace) ? traceHeader(envelope) : `00-${trace}-${spanOf(envelope)}-01`;
}

/** Names of trace and span, or null for what is no such header. */
export function readTrace(header: string | undefined): { readonly trace: string; readonly span: string } | null {
  const found = header === undefined ? null : PATTERN.exec(header);
  return found === null ? null : { trace: found[1], span: found[2] };
}

/** All zeros is not allowed, and ids begin with 1. */
function spanOf({ node, epoch, id }: WireEnvelope): string {
  return `${hex(fnv(`${node}\n${epoch}`), 8)}${hex(id % 0x1_0000_0000, 8)}`;
}

const hex = (value: number, digits: number): string => value.toString(16).padStart(digits, "0");

/** FNV-1a of 32 bits. */
function fnv(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return hash >>> 0;
}
