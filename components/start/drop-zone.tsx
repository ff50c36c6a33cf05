'use client';

import { useRef, useState } from 'react';
import type { ImportView, LeftOut } from '../../lib/shared/intake-view.ts';
import { countText, nounText, shareText } from '../../lib/shared/screen-text.ts';
import { type ImportedFile, type OnImported, useImport } from '../hooks/use-import.ts';
import { droppedFiles } from './dropped-files.ts';

/** Takes log files by drag, by choice or from the keyboard, and says what became of each. */
export function DropZone({ onDone }: { onDone: OnImported }) {
  const { files, isBusy, take } = useImport(onDone);
  const [isOver, setIsOver] = useState(false);
  const input = useRef<HTMLInputElement>(null);
  return (
    <>
      {/* biome-ignore lint/a11y/noStaticElementInteractions: what is dropped here can be chosen by the button too */}
      <div
        className="drop-zone"
        data-over={isOver}
        onDragOver={(event) => {
          event.preventDefault();
          setIsOver(true);
        }}
        onDragLeave={() => setIsOver(false)}
        onDrop={async (event) => {
          event.preventDefault();
          setIsOver(false);
          await take(await droppedFiles(event.dataTransfer));
        }}
      >
        <p>Drop files or folders of the log</p>
        <button
          type="button"
          className="button button-primary"
          disabled={isBusy}
          onClick={() => input.current?.click()}
        >
          Choose files
        </button>
        <input
          ref={input}
          type="file"
          multiple
          hidden
          aria-label="Log files"
          onChange={async ({ currentTarget }) => {
            const chosen = [...(currentTarget.files ?? [])];
            currentTarget.value = '';
            await take(chosen);
          }}
        />
      </div>
      {files.length > 0 && (
        <ul className="import-list" aria-label="Files given" aria-live="polite">
          {files.map((file) => (
            <li key={file.id}>
              <strong className="break">{file.name}</strong> <Became file={file} />
            </li>
          ))}
        </ul>
      )}
    </>
  );
}

function Became({ file: { name, state } }: { file: ImportedFile }) {
  if (state.kind === 'failed')
    return (
      <p className="field-fault" role="alert">
        {state.message}
      </p>
    );
  if (state.kind === 'done') return <Read view={state.view} />;
  const isSending = state.kind === 'sending';
  return (
    <p className="import-progress">
      <progress aria-label={`Progress of ${name}`} {...(isSending && { value: state.share })} />
      <span className="num">
        {isSending ? `sent ${shareText(state.share)}` : 'reading the records'}
      </span>
    </p>
  );
}

function Read({ view }: { view: ImportView }) {
  const { records, kmsEvents, duplicates, ignored, refused } = view;
  return (
    <>
      {kmsEvents === 0 ? (
        <p className="field-fault" role="alert">
          No KMS event is in it: nothing can be explained from this file.
        </p>
      ) : (
        <p>
          {nounText(kmsEvents, 'KMS event')} in {nounText(records, 'record')}
          {duplicates > 0 && `; ${countText(duplicates)} were there already`}
        </p>
      )}
      <LeftOutList title="Refused" left={refused} />
      <LeftOutList title="Ignored" left={ignored} />
    </>
  );
}

function LeftOutList({ title, left }: { title: string; left: readonly LeftOut[] }) {
  return left.map(({ words, n, advice, example }) => (
    <p key={words} className="note break" title={example}>
      {title}: {words} ({countText(n)}); {advice}.
    </p>
  ));
}
