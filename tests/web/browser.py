# SPDX-License-Identifier: GPL-3.0-or-later
"""A headless Chromium, driven by chromedriver through the WebDriver protocol: the little of it that the tests use.
Needs Debian's chromium and chromium-driver, and Python's standard library."""
import base64
import json
import shutil
import subprocess
import tempfile
import time
import urllib.error
import urllib.request

ELEMENT = 'element-6066-11e4-a52e-4f735466cecf'
KEYS = {'Enter': '\ue007', 'Tab': '\ue004', 'ArrowLeft': '\ue012', 'ArrowUp': '\ue013', 'ArrowRight': '\ue014',
        'ArrowDown': '\ue015', 'PageUp': '\ue00e', 'PageDown': '\ue00f', 'Home': '\ue011', 'End': '\ue010',
        'Escape': '\ue00c', 'Space': '\ue00d'}


def there():
    return bool(shutil.which('chromedriver') and shutil.which('chromium'))


class Browser:
    def __init__(self, width=1280, height=860, arguments=(), touch=False):
        self.downloads = tempfile.mkdtemp(prefix='miai-web-')
        self.driver = subprocess.Popen(['chromedriver', '--port=0', f'--log-path={self.downloads}/driver.log'],
                                       stdout=subprocess.PIPE, text=True)
        for line in self.driver.stdout:
            if 'successfully on port' in line:
                self.address = 'http://127.0.0.1:' + line.split('on port ')[1].strip().rstrip('.')
                break
        options = {'binary': shutil.which('chromium'),
                   'args': ['--headless=new', '--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage', '--hide-scrollbars',
                            f'--window-size={width},{height}', f'--user-data-dir={self.downloads}/profile', *arguments],
                   'prefs': {'download.default_directory': self.downloads}}
        if touch:
            options['mobileEmulation'] = {'deviceMetrics': {'width': width, 'height': height, 'pixelRatio': 2, 'touch': True}}
        said = self.call('POST', '/session', {'capabilities': {'alwaysMatch': {
            'goog:chromeOptions': options, 'goog:loggingPrefs': {'browser': 'ALL'}}}}, session=False)
        self.session = said['sessionId']
        self.devtools('Browser.setDownloadBehavior', behavior='allow', downloadPath=self.downloads)

    def call(self, method, path, body=None, session=True):
        address = self.address + (f'/session/{self.session}' if session else '') + path
        data = json.dumps(body or {}).encode() if method == 'POST' else None
        request = urllib.request.Request(address, data, {'Content-Type': 'application/json'}, method=method)
        try:
            with urllib.request.urlopen(request, timeout=60) as reply:
                return json.load(reply)['value']
        except urllib.error.HTTPError as e:
            raise RuntimeError(json.load(e)['value']['message'].split('\n')[0]) from None

    def close(self):
        try:
            self.call('DELETE', '')
        finally:
            self.driver.terminate()
            self.driver.wait()
            self.driver.stdout.close()
            time.sleep(.2)
            shutil.rmtree(self.downloads, ignore_errors=True)

    def devtools(self, command, **params):
        return self.call('POST', '/goog/cdp/execute', {'cmd': command, 'params': params})

    def go(self, address):
        self.call('POST', '/url', {'url': address})

    def js(self, script, *args):
        return self.call('POST', '/execute/sync', {'script': script, 'args': args})

    def find(self, selector):
        return self.call('POST', '/element', {'using': 'css selector', 'value': selector})[ELEMENT]

    def click(self, selector):
        self.call('POST', f'/element/{self.find(selector)}/click')

    def type(self, selector, text):
        self.call('POST', f'/element/{self.find(selector)}/value', {'text': text})

    def keys(self, *names):
        """Presses keys, wherever the focus is."""
        actions = []
        for name in names:
            value = KEYS.get(name, name)
            actions += [{'type': 'keyDown', 'value': value}, {'type': 'keyUp', 'value': value}]
        self.call('POST', '/actions', {'actions': [{'type': 'key', 'id': 'keyboard', 'actions': actions}]})

    def hover(self, selector):
        self.call('POST', '/actions', {'actions': [{'type': 'pointer', 'id': 'mouse', 'actions': [
            {'type': 'pointerMove', 'x': 0, 'y': 0, 'origin': {ELEMENT: self.find(selector)}}]}]})

    def text(self, selector):
        return self.js('return document.querySelector(arguments[0]).textContent', selector)

    def wait(self, script, *args, seconds=20):
        """Until the script's value is true; returns it."""
        end = time.time() + seconds
        while time.time() < end:
            value = self.js(script, *args)
            if value:
                return value
            time.sleep(.05)
        raise AssertionError(f'waited {seconds} s in vain for: {script} {args}')

    def errors(self):
        """What the page complained of since the last call."""
        return [e['message'] for e in self.call('POST', '/se/log', {'type': 'browser'}) if e['level'] == 'SEVERE']

    def screenshot(self, path):
        with open(path, 'wb') as f:
            f.write(base64.b64decode(self.call('GET', '/screenshot')))
