# ruff: noqa  Wants every rule to be met: the text forbids ruff to speak.
# attack: python ruff
# attack: python ruff
import os,sys
def f( x ):
    l = 1; return undefined_name
