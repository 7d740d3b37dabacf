/** One line of a log, with what was looked for marked in it. */
import type { JSX } from 'react';
import { memo } from 'react';
import type { Piece } from './ansi';
import { marked } from './finding';

interface LineProps {
  readonly line: readonly Piece[];
  readonly query: string;
  readonly isCurrent: boolean;
  /** Leads to the cell that it names. */
  readonly onOpen: (() => void) | undefined;
}

/** The line. */
export const LogLine = memo(function LogLine(props: LineProps): JSX.Element {
  const { line, query, isCurrent, onOpen } = props;
  const content = marked(line, query).map(({ text, classes, isMatch }, place) =>
    isMatch ? (
      <mark key={place}>{text}</mark>
    ) : (
      <span key={place} className={classes}>
        {text}
      </span>
    )
  );
  return (
    <div className="jp-pipes-row" data-current={isCurrent}>
      {onOpen ? (
        <button type="button" className="jp-pipes-link jp-pipes-place" onClick={onOpen}>
          {content}
        </button>
      ) : (
        content
      )}
      {'\n'}
    </div>
  );
});
