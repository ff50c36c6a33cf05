import Link from 'next/link';
import { StateBox } from '../components/states/state-box.tsx';

export default function NotFound() {
  return (
    <>
      <div className="screen-head">
        <h1>Not found</h1>
      </div>
      <StateBox
        kind="empty"
        title="There is no such page"
        text="The address may be mistyped, or the page has moved."
        action={
          <Link className="button" href="/">
            Go to the explanation
          </Link>
        }
      />
    </>
  );
}
