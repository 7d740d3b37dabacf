/** Buttons that show on hover, or held open by the one beside them, what they would run. */
import { LabIcon } from '@jupyterlab/ui-components';
import type { CommandRegistry } from '@lumino/commands';
import type { JSX, KeyboardEvent, ReactNode } from 'react';
import { useEffect, useRef, useState } from 'react';
import type { Body } from '../../link';
import type { TabProps } from '../tabs';
import { PlanPreview } from './preview';

/** A command that runs something, with the question what that would be. */
export interface RunAction {
  readonly command: string;
  readonly plan: Body<'foresee'>;
}

const HOVER_MILLISECONDS = 450;

interface PeekProps extends TabProps {
  readonly actions: readonly RunAction[];
  /** What stands behind the buttons. */
  readonly children?: ReactNode;
}

/** The buttons, with the plan of one of them below when it is asked for. */
export function PlanButtons(props: PeekProps): JSX.Element {
  const { actions, children, commands, session, trans } = props;
  const [shown, setShown] = useState('');
  const [isHeld, setHeld] = useState(false);
  const clock = useRef(0);
  const close = (): void => {
    window.clearTimeout(clock.current);
    setShown('');
    setHeld(false);
  };
  useEffect(
    () => () => {
      window.clearTimeout(clock.current);
    },
    []
  );
  const onHover = (command: string): void => {
    window.clearTimeout(clock.current);
    if (!isHeld && commands.isEnabled(command)) {
      clock.current = window.setTimeout(() => {
        setShown(command);
      }, HOVER_MILLISECONDS);
    }
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.key === 'Escape' && shown) {
      event.stopPropagation();
      close();
    }
  };
  const action = actions.find(each => each.command === shown);
  return (
    <div
      className="jp-pipes-actions"
      onKeyDown={onKeyDown}
      onMouseLeave={() => {
        window.clearTimeout(clock.current);
        if (!isHeld) {
          setShown('');
        }
      }}
    >
      {actions.map(({ command }) => (
        <span key={command} className="jp-pipes-split">
          <CommandButton
            id={command}
            commands={commands}
            onHover={() => {
              onHover(command);
            }}
            onClick={close}
          />
          <button
            type="button"
            className="jp-Button jp-mod-styled jp-mod-minimal jp-pipes-caret"
            aria-label={trans.__('What would run: %1', commands.label(command))}
            aria-expanded={shown === command && isHeld}
            disabled={!commands.isEnabled(command)}
            onClick={() => {
              const isOpen = isHeld && shown === command;
              setHeld(!isOpen);
              setShown(isOpen ? '' : command);
            }}
          >
            ▾
          </button>
        </span>
      ))}
      {children}
      {action && (
        <div className="jp-pipes-peek" role="region" aria-label={trans.__('What would run')}>
          <PlanPreview session={session} trans={trans} request={action.plan} />
          {isHeld && (
            <div className="jp-pipes-actions">
              <CommandButton id={action.command} commands={commands} onClick={close} isLoud />
              <button
                type="button"
                className="jp-Button jp-mod-styled jp-mod-minimal"
                onClick={close}
              >
                {trans.__('Close')}
              </button>
            </div>
          )}
        </div>
      )}
    </div>
  );
}

interface CommandButtonProps {
  readonly id: string;
  readonly commands: CommandRegistry;
  readonly onHover?: () => void;
  readonly onClick?: () => void;
  readonly isLoud?: boolean;
}

/** A button that runs a command. */
export function CommandButton(props: CommandButtonProps): JSX.Element {
  const { id, commands, onHover, onClick, isLoud } = props;
  const icon = commands.icon(id);
  return (
    <button
      type="button"
      className={`jp-Button jp-mod-styled ${isLoud ? 'jp-mod-accept jp-pipes-loud' : 'jp-mod-minimal'}`}
      // What would run is shown below in place of it.
      title={onHover ? undefined : commands.caption(id)}
      disabled={!commands.isEnabled(id)}
      onMouseEnter={onHover}
      onClick={() => {
        onClick?.();
        void commands.execute(id);
      }}
    >
      {icon instanceof LabIcon && <icon.react tag="span" width="14px" height="14px" />}
      {commands.label(id)}
    </button>
  );
}
