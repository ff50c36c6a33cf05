'use client';

import { StateBox } from '../components/states/state-box.tsx';

export default function PageError({ reset }: { error: Error; reset: () => void }) {
  return (
    <StateBox
      kind="error"
      title="This page failed to draw"
      text="The data is untouched. Drawing it again may be enough."
      action={
        <button type="button" className="button" onClick={reset}>
          Try again
        </button>
      }
    />
  );
}
