// An agency's day with fhir-kit-client. Reads what it needs as JSON from stdin; prints what it found as JSON.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

const given = JSON.parse(readFileSync(0, 'utf8'));
const place = join(given.folder, 'node_modules', 'fhir-kit-client', 'dist', 'index.js');
const { Client } = await import(pathToFileURL(place));
const found = {};

const client = new Client({ baseUrl: given.base });
found.fhirVersion = (await client.capabilityStatement()).fhirVersion;
const { tokenUrl } = await client.smartAuthMetadata();
found.tokenUrl = tokenUrl.href;
const answer = await fetch(tokenUrl, {
  method: 'POST',
  body: new URLSearchParams({
    grant_type: 'client_credentials',
    scope: 'system/*.cruds',
    client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
    client_assertion: given.statement,
  }),
});
client.bearerToken = (await answer.json()).access_token;

const told = await client.transaction({ body: given.transaction });
const patient = told.entry.map((one) => one.response.location).find((one) => one.startsWith('Patient/'));
const id = patient.split('/')[1];
found.family = (await client.read({ resourceType: 'Patient', id })).name[0].family;

const byNumber = await client.resourceSearch({
  resourceType: 'Patient',
  searchParams: { identifier: given.number },
  options: { postSearch: true },
});
found.byNumber = byNumber.total;

found.goals = [];
let page = await client.resourceSearch({ resourceType: 'Goal', searchParams: { patient: id, _count: 1 } });
while (page) {
  found.goals.push(...(page.entry ?? []).map((one) => one.resource.id));
  page = page.link?.some((one) => one.relation === 'next') ? await client.nextPage({ bundle: page }) : undefined;
}

const plans = await client.resourceSearch({ resourceType: 'CarePlan', searchParams: { patient: id } });
const plan = plans.entry[0].resource;
const reference = plan.goal[0].reference;
found.goalStatus = (await client.resolve({ reference, context: plan })).lifecycleStatus;
found.history = (await client.resourceHistory({ resourceType: 'CarePlan', id: plan.id })).type;
const version = plan.meta.versionId;
found.version = (await client.vread({ resourceType: 'CarePlan', id: plan.id, version })).id === plan.id;
const everything = await client.operation({ name: 'everything', resourceType: 'Patient', id, method: 'GET' });
found.everything = [...new Set(everything.entry.map((one) => one.resource.resourceType))];

const worry = { resourceType: 'Condition', subject: { reference: `Patient/${id}` }, code: { text: 'no safe place' } };
const made = await client.create({ resourceType: 'Condition', body: worry });
await client.update({ resourceType: 'Condition', id: made.id, body: { ...made, code: { text: 'found a place' } } });
const language = [{ op: 'add', path: '/language', value: 'en' }];
await client.patch({ resourceType: 'Condition', id: made.id, jsonPatch: language });
const now = await client.read({ resourceType: 'Condition', id: made.id });
found.changed = [now.code.text, now.language];

found.steps = [];
for (const status of ['accepted', 'in-progress', 'completed']) {
  const before = await client.read({ resourceType: 'Task', id: given.task });
  const options = { headers: { 'If-Match': `W/"${before.meta.versionId}"` } };
  await client.update({ resourceType: 'Task', id: given.task, body: { ...before, status }, options });
  found.steps.push((await client.read({ resourceType: 'Task', id: given.task })).status);
}

const unless = { headers: { 'If-None-Exist': `patient=${id}&date=${given.consent.dateTime.slice(0, 10)}` } };
const consent = await client.create({ resourceType: 'Consent', body: given.consent, options: unless });
const twice = { ...given.consent, language: 'es' };
const same = await client.create({ resourceType: 'Consent', body: twice, options: unless });
found.same = same.id === consent.id;
const jsonPatch = [{ op: 'replace', path: '/status', value: 'inactive' }];
const ended = await client.patch({ resourceType: 'Consent', id: consent.id, jsonPatch });
found.consent = ended.status;

const subscription = await client.create({ resourceType: 'Subscription', body: given.subscription });
found.subscription = subscription.status;
await client.delete({ resourceType: 'Subscription', id: subscription.id });

try {
  await client.read({ resourceType: 'CarePlan', id: 'nobody' });
} catch (error) {
  found.unknown = [error.response.status, error.response.data.resourceType];
}
console.log(JSON.stringify(found));
