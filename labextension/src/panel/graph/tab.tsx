/** The tab "Graph": the live DAG with its tools; the same in the panel and in the main area. */
import { Notification } from '@jupyterlab/apputils';
import type { JSX } from 'react';
import { useEffect, useMemo, useRef, useState } from 'react';
import { CommandIDs } from '../../commands';
import { reveal } from '../../notebook';
import type { PipelineSession } from '../../session';
import { LOOKS, type Layout } from '../../wire';
import { wordsOf } from '../asking';
import type { TabProps } from '../tabs';
import { useCounts } from '../ticking';
import { useLayout, useRoom } from './arranging';
import { GraphCanvas, type GraphListener, type Place } from './canvas';
import { inksOf } from './colours';
import { faces, isUnfoldableIn, isUnfoldedIn, stageOf } from './faces';
import { NodeList } from './list';
import { openMenu } from './menu';
import { Minimap } from './minimap';
import { save } from './saving';
import { Sights } from './sights';
import { Tools } from './tools';
import { litNodes, matchingNodes, nextZoom, nodeOf, outermost } from './ways';

/** Beyond so many nodes there is a minimap. */
const MANY = 40;
const NOTHING_HOVERED = { text: '', x: 0, y: 0 };

/** The tab. */
export function GraphTab(props: TabProps): JSX.Element {
  return <Graph key={props.session.panel.id} {...props} />;
}

/** The graph; `isAlone` where it has the main area for itself. */
export function Graph({
  isAlone,
  ...props
}: TabProps & { readonly isAlone?: boolean }): JSX.Element {
  const { session, commands, trans, isLight } = props;
  const { board, selected } = session;
  const ground = useRef<HTMLDivElement>(null);
  const canvas = useRef<GraphCanvas | null>(null);
  const [folded, setFolded] = useState<readonly string[] | null>(null);
  const [sights] = useState(() => new Sights());
  const [hovered, setHovered] = useState(NOTHING_HOVERED);
  const [letters, setLetters] = useState('');
  const [place, setPlace] = useState(0);
  const [focused, setFocused] = useState('');
  const room = useRoom(ground);
  const layout = useLayout(session, room, folded);
  const counts = useCounts(session);

  const shown = useMemo(
    () => (layout && board ? faces(layout, board, session.now, trans) : NO_FACES),
    // Not with each frame that it is moved in.
    // eslint-disable-next-line react-hooks/exhaustive-deps
    [layout, board, counts]
  );
  const names = useMemo(
    () => Object.fromEntries([...shown].map(([node, face]) => [node, face.spoken])),
    [shown]
  );
  const matches = layout ? matchingNodes(layout, letters) : [];
  const inks = useMemo(
    () => (ground.current && layout ? allInks(ground.current) : NO_INKS),
    // The colours are the theme's.
    // eslint-disable-next-line react-hooks/exhaustive-deps
    [isLight, layout]
  );

  const onFold = (stage: string): void => {
    setFolded(toggled(layout, stage));
  };
  const onUnfold = (step: string): void => {
    turned.current = step;
    void unfold(session, step, !(layout && isUnfoldedIn(layout, step)));
  };
  const onMenu = (node: string, at: Place): void => {
    const members = layout?.members[node] ?? [];
    const steps = board?.steps.filter(step => members.includes(step.name)) ?? [];
    const isUnfolded =
      layout && isUnfoldableIn(layout, node) ? isUnfoldedIn(layout, node) : undefined;
    const folding = { folded: stageOf(node), onFold, isUnfolded, onUnfold };
    openMenu({ session, commands, trans, node, steps, ...folding }, at);
  };
  const listener = useRef<GraphListener | null>(null);
  listener.current = {
    onSelect: step => {
      choose(session, step);
    },
    onOpen: step => {
      void open(session, step);
    },
    onFold,
    onUnfold,
    onMenu,
    onHover: (what, { x, y }) => {
      const text = what?.node ? shown.get(what.node)?.told : what?.names;
      setHovered(text ? { text, x, y } : NOTHING_HOVERED);
    },
    onSight: sights.tell
  };

  useEffect(() => {
    if (!ground.current) {
      return undefined;
    }
    const made = new GraphCanvas(ground.current, relayed(listener));
    canvas.current = made;
    return () => {
      canvas.current = null;
      made.dispose();
    };
  }, []);
  useEffect(() => {
    canvas.current?.restyle();
  }, [isLight]);
  /** What was unfolded or folded last: where a part is looked at, that stays where it is. */
  const turned = useRef('');
  const drawnFolded = useRef<readonly string[] | null>(null);
  useEffect(() => {
    if (layout) {
      canvas.current?.draw(layout, drawnFolded.current !== folded, turned.current);
      drawnFolded.current = folded;
    }
    // What is folded is drawn when its layout has come.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [layout]);
  useEffect(() => {
    canvas.current?.show(shown);
  }, [shown]);
  useEffect(() => {
    if (layout && board) {
      const isSought = matches.length > 0;
      const lit = isSought ? new Set(matches) : litNodes(layout, board.steps, selected);
      canvas.current?.light(lit, nodeOf(layout, selected));
    }
    // Steps change with every progress; what hangs together changes with the layout.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [layout, selected, letters]);
  useEffect(() => {
    if (layout && selected) {
      canvas.current?.reveal(nodeOf(layout, selected));
    }
  }, [layout, selected]);

  return (
    <div className="jp-pipes-graph">
      <Tools
        trans={trans}
        sights={sights}
        letters={letters}
        match={[matches.length ? place + 1 : 0, matches.length]}
        stages={stagesOf(layout)}
        onSearch={next => {
          setLetters(next);
          setPlace(0);
          const [first] = layout ? matchingNodes(layout, next) : [];
          canvas.current?.reveal(first ?? '');
        }}
        onNext={step => {
          const next = (place + step + matches.length) % Math.max(matches.length, 1);
          setPlace(next);
          canvas.current?.reveal(matches[next] ?? '');
          choose(session, matches[place] ?? '');
        }}
        onStages={() => {
          setFolded(stagesOf(layout) === 'folded' ? [] : stageNames(session));
        }}
        onZoom={steps => {
          canvas.current?.zoomTo(nextZoom(canvas.current.zoom, steps));
        }}
        onFit={() => canvas.current?.fit()}
        onSave={kind => {
          void saveAs(kind, session, canvas.current, layout);
        }}
        onOpen={
          isAlone
            ? undefined
            : () => {
                void commands.execute(CommandIDs.openGraph);
              }
        }
      />
      <div className="jp-pipes-stand">
        <div ref={ground} className="jp-pipes-canvas" aria-hidden="true" />
        {hovered.text && (
          <div
            className="jp-pipes-tip"
            aria-hidden="true"
            style={{ left: Math.max(hovered.x - 80, 4), top: hovered.y + 18 }}
          >
            {hovered.text}
          </div>
        )}
        {layout && Object.keys(layout.nodes).length > MANY && (
          <Minimap
            layout={layout}
            faces={shown}
            sights={sights}
            inks={inks}
            onMove={at => canvas.current?.moveTo(at)}
          />
        )}
        {layout && (
          <NodeList
            trans={trans}
            layout={layout}
            spoken={names}
            current={focused || nodeOf(layout, selected)}
            onFocus={node => {
              setFocused(node);
              canvas.current?.focus(node);
            }}
            onBlur={() => canvas.current?.focus('')}
            onPress={(node, isOpened) => {
              if (stageOf(node)) {
                onFold(stageOf(node));
              } else {
                choose(session, node);
                void (isOpened && open(session, node));
              }
            }}
            onUnfold={node => {
              listener.current?.onUnfold(node);
            }}
            onMenu={node => {
              // The list is drawn anew only when what it says changes: its menu is of the newest board.
              listener.current?.onMenu(node, canvas.current?.placeOf(node) ?? { x: 0, y: 0 });
            }}
          />
        )}
      </div>
    </div>
  );
}

const NO_FACES: ReturnType<typeof faces> = new Map();
const NO_INKS: Readonly<Record<string, string>> = {};

function allInks(element: Element): Readonly<Record<string, string>> {
  const statuses = [...Object.keys(LOOKS), 'stale'];
  return Object.fromEntries(statuses.map(status => [status, inksOf(element, status).ink]));
}

/** A listener that is always the newest: the canvas outlives what is drawn around it. */
function relayed(newest: { readonly current: GraphListener | null }): GraphListener {
  return {
    onSelect: step => newest.current?.onSelect(step),
    onOpen: step => newest.current?.onOpen(step),
    onFold: stage => newest.current?.onFold(stage),
    onUnfold: step => newest.current?.onUnfold(step),
    onMenu: (node, place) => newest.current?.onMenu(node, place),
    onHover: (what, place) => newest.current?.onHover(what, place),
    onSight: sight => newest.current?.onSight(sight)
  };
}

/** The stages that are folded when one of them is turned over. */
function toggled(layout: Layout | null, stage: string): readonly string[] {
  const folded = Object.keys(layout?.nodes ?? {}).flatMap(node => stageOf(node) || []);
  return folded.includes(stage) ? folded.filter(each => each !== stage) : [...folded, stage];
}

function stagesOf(layout: Layout | null): 'none' | 'folded' | 'open' {
  if (layout && Object.keys(layout.groups).length > 0) {
    return 'open';
  }
  return Object.keys(layout?.nodes ?? {}).some(stageOf) ? 'folded' : 'none';
}

function stageNames(session: PipelineSession): readonly string[] {
  return [...new Set(session.board?.steps.flatMap(step => step.stage ?? []) ?? [])];
}

/** Select a step by its node, and its cell with it. */
function choose(session: PipelineSession, node: string): void {
  const step = session.board?.steps.find(each => each.name === outermost(node));
  session.select(step?.name ?? '');
  const notebook = session.panel.content;
  const index = notebook.widgets.findIndex(widget => widget.model.id === step?.cell);
  if (index >= 0) {
    notebook.activeCellIndex = index;
  }
}

async function open(session: PipelineSession, node: string): Promise<void> {
  const cell = session.board?.steps.find(each => each.name === outermost(node))?.cell;
  if (cell) {
    await reveal(session.panel.content, cell);
  }
}

/** Have the steps of the pipeline that a step is told and drawn, or no longer. */
async function unfold(session: PipelineSession, step: string, isUnfolded: boolean): Promise<void> {
  try {
    await session.ask({ ask: 'unfold', step, is_unfolded: isUnfolded });
  } catch (error) {
    Notification.error(wordsOf(error), { autoClose: 10_000 });
  }
}

async function saveAs(
  kind: 'svg' | 'png',
  session: PipelineSession,
  canvas: GraphCanvas | null,
  layout: Layout | null
): Promise<void> {
  const name = `${session.board?.heading.pipeline ?? 'pipeline'}.${kind}`;
  if (kind === 'png') {
    const picture = await canvas?.png();
    if (picture) {
      save(picture, name);
    }
  } else if (layout) {
    const { width, height } = layout;
    const collapsed = Object.keys(layout.nodes).flatMap(node => stageOf(node) || []);
    const { svg } = await session.ask({ ask: 'picture', width, height, collapsed });
    save(new Blob([svg], { type: 'image/svg+xml' }), name);
  }
}
