# SPDX-License-Identifier: GPL-3.0-or-later
"""`miai play` as the tests start it, and requests to it."""
import http.client
import json
import pathlib
import re
import signal
import subprocess
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]


class Play:
    """The program, with its page open; asked: the addresses that were."""

    def __init__(self, miai, *options):
        self.program = subprocess.Popen([miai, 'play', '--no-browser', *options], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                        text=True)
        line = self.program.stdout.readline()
        found = re.search(r'http://127\.0\.0\.1:(\d+)/', line)
        if not found:
            raise RuntimeError(f'no address in "{line}": {self.program.stderr.read()}')
        self.port = int(found[1])
        self.address = f'http://127.0.0.1:{self.port}/'
        self.asked = set()

    def connect(self, timeout=60):
        return http.client.HTTPConnection('127.0.0.1', self.port, timeout=timeout)

    def raw(self, method, path, body=None, **headers):
        """Status, headers, bytes.  A header's name has "_" for "-"."""
        c = self.connect()
        if not path.startswith('/api/') or method in ('GET', 'POST'):
            self.asked.add(path)
        c.request(method, path, body, {k.replace('_', '-'): v for k, v in headers.items()})
        reply = c.getresponse()
        data = reply.read()
        c.close()
        return reply.status, reply.headers, data

    def post(self, path, value, status=200):
        """The answer's JSON; for a stream the list of its lines."""
        got, headers, data = self.raw('POST', path, json.dumps(value), Content_Type='application/json')
        if got != status:
            raise AssertionError(f'{path}: status {got}, not {status}: {data[:300]}')
        if 'ndjson' in headers['Content-Type']:
            return [json.loads(line) for line in data.split(b'\n') if line]
        return json.loads(data)

    def get(self, path):
        return json.loads(self.raw('GET', path)[2])

    def stop(self, how=signal.SIGINT):
        if self.program.poll() is None:
            self.program.send_signal(how)
        code = self.program.wait(10)
        self.program.stdout.close()
        self.program.stderr.close()
        return code


def tiny_net(miai, folder):
    """A net of one block that has learnt next to nothing: what tests/gtp needs no more than."""
    recipe = (ROOT / 'recipes' / 'tiny.ini').read_text()
    path = pathlib.Path(folder) / 'tiny.ini'
    path.write_text(re.sub(r'(?m)^generations = .*', 'generations = 1', recipe))
    subprocess.run([miai, 'run', str(path), '--dir', f'{folder}/tiny.run'], check=True, capture_output=True)
    return f'{folder}/tiny.run/nets/000001.net'


def scratch():
    return tempfile.TemporaryDirectory(prefix='miai-play-')
