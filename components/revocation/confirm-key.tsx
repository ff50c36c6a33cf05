'use client';

import type { RevocationView } from '../../lib/shared/dto.ts';
import { instantText } from '../../lib/shared/screen-text.ts';
import { Modal } from '../ui/modal.tsx';

/** Says what will happen before it does. */
export function ConfirmKey({
  held,
  onClose,
  onConfirm,
}: {
  held: RevocationView['keys'][number];
  onClose: () => void;
  onConfirm: () => void;
}) {
  const isDisabling = held.enabled === true;
  return (
    <Modal title={isDisabling ? 'Disable the key?' : 'Enable the key?'} onClose={onClose}>
      <p className="mono break">{held.key}</p>
      {isDisabling ? (
        <ul className="plain-list">
          <li>The sandbox’s KMS refuses every call with this key from now on.</li>
          <li>
            A process goes dark as soon as it asks the KMS and is denied, and at the latest when its
            last lease ends
            {held.darkBy === null ? '' : `: by ${instantText(held.darkBy, 'second')}`}.
          </li>
          <li>Messages then fail. Enabling the key brings everything back.</li>
        </ul>
      ) : (
        <p>
          The sandbox’s KMS answers again. Each process recovers by itself at its next call, within
          seconds, and what it loads counts as “After denial”.
        </p>
      )}
      <div className="modal-actions">
        <button type="button" className="button" onClick={onClose}>
          Cancel
        </button>
        <button
          type="button"
          className={isDisabling ? 'button button-danger' : 'button button-primary'}
          onClick={onConfirm}
        >
          {isDisabling ? 'Disable' : 'Enable'}
        </button>
      </div>
    </Modal>
  );
}
