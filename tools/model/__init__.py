# SPDX-License-Identifier: GPL-3.0-or-later
"""miai's arithmetic a second time: slow, in Python's integers, written from the pages of docs/ and not from the C."""
