import type { components } from "./schema";

/**
 * What the console's HTTP API speaks, from its OpenAPI document (`make web` writes schema.d.ts). Times are Unix
 * microseconds, boxes integer pixels of the image as captured. Where the document says only `string` for a closed set of
 * words, the set is named here.
 */
export type Views = components["schemas"];

type With<Shape, Changes> = Omit<Shape, keyof Changes> & Changes;

export type Person = Views["Person"];
export type Role = Person["role"];
export type Language = Person["language"];
export type Session = Views["SessionView"];
export type Problem = Views["Problem"];

export type Verdict = "pass" | "fail" | "review" | "error";
export type Box = Views["BoxView"];
export type EdgeView = Views["EdgeView"];
export type Alarm = With<Views["AlarmView"], { severity: "info" | "warning" | "critical" }>;
export type InspectionView = With<
  Views["InspectionView"],
  { verdict: Verdict; label: With<Views["FrameLabelView"], { outcome: LabelOutcome }> | null }
>;
export type Build = Views["BuildView"];

export type LabelOutcome = Views["SubmitBody"]["outcome"];
export type LabelRound = "first" | "second" | "adjudication" | "correction" | "imported";
export type EarlierLabel = Views["EarlierView"];
export type LabelEdge = Views["LabelEdgeView"];
export type LabelProgress = Views["ProgressView"];
export type LabelReceipt = Views["SubmittedView"];
export type LabelSubmit = Required<Views["SubmitBody"]>;
export type LabelCorrection = Required<Views["CorrectBody"]>;

/** A task as it is listed among past labels: without a lease. */
export type TaskWithoutLease = With<Omit<Views["TaskView"], "lease">, { verdict: Verdict | null; round: LabelRound }>;
/** A task that is held. */
export type TaskView = TaskWithoutLease & { lease: Views["LeaseView"] };
export type RecentLabel = With<Views["RecentLabelView"], { task: TaskWithoutLease }>;
