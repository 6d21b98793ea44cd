# Wants the secret from any file that is visible beside /usr, and from the environment.
# attack: shell io
env; grep -rs 8d1f-the-expected /tmp /cograde /etc /usr/local/share /usr/src 2>/dev/null | head -3 && echo; ls -la / /tmp /cograde /dev /etc 2>&1
