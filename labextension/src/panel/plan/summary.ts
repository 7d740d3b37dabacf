/** What a plan comes to, in numbers. Pure. */
import type { ForeseenStep } from '../../wire';

/** How many steps would run, may run or are cached, and what those that may run took last time. */
export interface PlanSummary {
  readonly runs: number;
  readonly depends: number;
  readonly cached: number;
  /** Seconds that the steps that run or may run took last time, together. */
  readonly seconds: number;
  /** How many of them have no last time. */
  readonly unknown: number;
}

/** The numbers of a plan. */
export function summarized(steps: readonly ForeseenStep[]): PlanSummary {
  const count = (decision: ForeseenStep['decision']): number =>
    steps.filter(step => step.decision === decision).length;
  const open = steps.filter(step => step.decision !== 'cached');
  return {
    runs: count('run'),
    depends: count('depends'),
    cached: count('cached'),
    seconds: open.reduce((sum, step) => sum + (step.seconds ?? 0), 0),
    unknown: open.filter(step => step.seconds === null).length
  };
}

const PLACES: readonly ForeseenStep['decision'][] = ['run', 'depends', 'cached'];

/** The steps that run first, then those that may, then the others; each in the order of the plan. */
export function byDecision(steps: readonly ForeseenStep[]): readonly ForeseenStep[] {
  return PLACES.flatMap(decision => steps.filter(step => step.decision === decision));
}
