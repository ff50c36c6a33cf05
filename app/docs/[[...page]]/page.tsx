import type { Metadata } from 'next';
import { DocArticle } from '../../../components/docs/doc-article.tsx';
import { docPage, docPaths } from '../../../lib/services/answers/docs.ts';

/** Any other address is not found. */
export const dynamicParams = false;
export const generateStaticParams = docPaths;

interface Props {
  params: Promise<{ page?: string[] }>;
}

const pageOf = async ({ params }: Props) => docPage({ parts: (await params).page ?? [] });

export const generateMetadata = async (props: Props): Promise<Metadata> => ({
  title: (await pageOf(props))?.title ?? 'Documentation',
});

export default async function DocsPage(props: Props) {
  return <DocArticle html={(await pageOf(props))?.html ?? ''} />;
}
