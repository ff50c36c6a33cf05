import type { Metadata } from 'next';
import { notFound } from 'next/navigation';
import { DocArticle } from '../../../components/docs/doc-article.tsx';
import { docPage } from '../../../lib/services/answers/docs.ts';

interface Props {
  params: Promise<{ page?: string[] }>;
}

export async function generateMetadata({ params }: Props): Promise<Metadata> {
  const page = await docPage({ parts: (await params).page ?? [] });
  return { title: page?.title ?? 'Documentation' };
}

export default async function DocsPage({ params }: Props) {
  const page = await docPage({ parts: (await params).page ?? [] });
  if (page === null) notFound();
  return <DocArticle html={page.html} />;
}
