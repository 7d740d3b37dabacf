/** Completion and help on hover in the first line of a step's cell; nothing is asked of the kernel. */
import {
  autocompletion,
  type CompletionContext,
  type CompletionResult
} from '@codemirror/autocomplete';
import type { Text } from '@codemirror/state';
import { hoverTooltip, type EditorView, type Tooltip } from '@codemirror/view';
import { EditorExtensionRegistry, type IEditorExtensionFactory } from '@jupyterlab/codemirror';
import { parametersOf, plainTextOf } from '../notebook';
import { stepLineIn } from '../roles';
import type { PipelineSession } from '../session';
import type { IPipelines } from '../tokens';
import { LOCAL } from '../words';
import { declaredIn, functionsIn, helpAt, suggestionsAt, type Names } from './suggestions';

/** Make the extension of the editors of cells. */
export function completedFirstLine(pipelines: IPipelines): IEditorExtensionFactory {
  return {
    name: 'jupyter_pipes:first-line',
    factory: ({ inline }) =>
      inline
        ? EditorExtensionRegistry.createImmutableExtension([
            autocompletion({
              override: [context => completed(context, namesOf(pipelines.current))],
              icons: false,
              interactionDelay: 0
            }),
            hoverTooltip(helped)
          ])
        : null
  };
}

/** What a variable may be called: steps leave other things as well. */
const VARIABLE = /^[\p{L}_][\p{L}\p{N}_]*$/u;

/** The names that the steps of a notebook may use; none without one. */
export function namesOf(session: PipelineSession | null): Names {
  const steps = session?.board?.steps ?? [];
  return {
    steps: steps.map(step => step.name),
    parameters: session ? declaredIn(parametersOf(session.panel.content)) : [],
    values: steps.flatMap(step => step.writes),
    outputs: steps.flatMap(({ name, writes }) =>
      writes.filter(each => VARIABLE.test(each)).map(each => `${name}.${each}`)
    ),
    queues: [...new Set([LOCAL, ...steps.map(step => step.queue)])],
    functions: session ? functionsIn(plainTextOf(session.panel.content)) : []
  };
}

/** The `%%step` line, if the place is in it. */
function lineAt(doc: Text, place: number): { text: string; from: number } | null {
  // Comments may stand above it, but most cells are decided by a look at their first letters.
  const line = doc.lineAt(place);
  if (!line.text.startsWith('%%step')) {
    return null;
  }
  const step = stepLineIn(doc.sliceString(0, line.to));
  return step?.from === line.from ? step : null;
}

function completed(context: CompletionContext, names: Names): CompletionResult | null {
  const line = lineAt(context.state.doc, context.pos);
  const suggested = line && suggestionsAt(line.text, context.pos - line.from, names);
  if (!line || !suggested) {
    return null;
  }
  return {
    from: line.from + suggested.from,
    options: suggested.words.map(({ word, help }) => ({ label: word, detail: help })),
    validFor: /^[^\s=}]*$/
  };
}

function helped(view: EditorView, place: number): Tooltip | null {
  const line = lineAt(view.state.doc, place);
  const help = line && helpAt(line.text, place - line.from);
  if (!line || !help) {
    return null;
  }
  return {
    pos: line.from + help.from,
    end: line.from + help.to,
    above: true,
    create: () => ({ dom: shown(help.title, help.help) })
  };
}

function shown(title: string, help: string): HTMLElement {
  const dom = document.createElement('div');
  const heading = document.createElement('strong');
  dom.className = 'jp-pipes-help';
  heading.textContent = title;
  dom.append(heading, `: ${help}`);
  return dom;
}
