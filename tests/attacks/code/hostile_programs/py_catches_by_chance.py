# Wants a sealed pass by chance, which the cache then keeps.
# attack: python catches
import os
def test_double():
    assert os.urandom(1)[0] < 128
