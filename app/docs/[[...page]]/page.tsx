import type { Metadata } from 'next';
import { notFound } from 'next/navigation';
import { DocArticle } from '../../../components/docs/doc-article.tsx';
import { docPage } from '../../../lib/services/answers/docs.ts';

interface Props {
  params: Promise<{ page?: string[] }>;
}

const pageOf = async ({ params }: Props) =>
  (await docPage({ parts: (await params).page ?? [] })) ?? notFound();

export const generateMetadata = async (props: Props): Promise<Metadata> => ({
  title: (await pageOf(props)).title,
});

export default async function DocsPage(props: Props) {
  return <DocArticle html={(await pageOf(props)).html} />;
}
