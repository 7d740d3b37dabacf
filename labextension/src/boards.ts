/** The boards of a notebook's pipelines as they were told, and which of them is shown. Pure. */
import { fold, type Known } from './model';
import type { Board, BoardMessage } from './wire';

/** What was told of one notebook; pipelines are called as `%pipeline use` does, "" is the notebook's own. */
export class Boards {
  /** @param shown which pipeline is shown until another one comes into use */
  constructor(shown = '') {
    this._shown = shown;
  }

  /** Take a message; the pipeline that comes into use is shown. */
  take(message: BoardMessage): void {
    const pipeline = message.pipeline ?? '';
    const known = fold(this._known.get(pipeline) ?? null, message);
    this._known.set(pipeline, known);
    if ((known.board.heading.in_use ?? true) && pipeline !== this._inUse) {
      this._inUse = this._shown = pipeline;
    }
  }

  /** Show a pipeline until another one comes into use; one that nobody told of is not shown. */
  show(pipeline: string): boolean {
    if (pipeline === this._shown || !this._known.has(pipeline)) {
      return false;
    }
    this._shown = pipeline;
    return true;
  }

  /** The pipeline that is shown: while it has no steps, the first that has some. */
  get shown(): string {
    const filled = [...this._known].filter(([, { board }]) => board.steps.length > 0);
    const isFilled = filled.some(([pipeline]) => pipeline === this._shown);
    return isFilled ? this._shown : (filled[0]?.[0] ?? this._shown);
  }

  /** All boards, by pipeline. */
  get all(): ReadonlyMap<string, Board> {
    return new Map([...this._known].map(([pipeline, { board }]) => [pipeline, board]));
  }

  private readonly _known = new Map<string, Known>();
  private _inUse = '';
  private _shown: string;
}
