/** What Google says about a failure, without the rest of the page. */
export function brief(body: string): string {
  try {
    const { error } = JSON.parse(body) as { error?: { status?: string; message?: string } };
    if (error?.message) return `${error.status ?? ""} ${error.message}`.trim();
  } catch {
    // Not JSON: a proxy's page.
  }
  return body.slice(0, 200);
}
