<?php

declare(strict_types=1);

namespace Yipii\Client;

/**
 * Keeps the token in a file that many processes share, such as the workers behind a web server: one of them asks for a new
 * token while the others wait. The file is readable for its owner alone.
 */
final class FileStore implements TokenStore
{
    /** @param string $path in a folder that others can't write to, and outside of what the web server serves */
    public function __construct(private readonly string $path)
    {
    }

    public function read(): ?Token
    {
        $text = @file_get_contents($this->path);
        $kept = $text === false ? null : json_decode($text, true);
        if (!is_array($kept) || !is_string($kept['token'] ?? null) || !is_numeric($kept['renew_at'] ?? null) || !is_numeric($kept['expires_at'] ?? null)) {
            return null;
        }
        return new Token($kept['token'], (float) $kept['renew_at'], (float) $kept['expires_at']);
    }

    public function change(callable $change): ?Token
    {
        $mask = umask(0o077);
        try {
            $lock = fopen($this->path . '.lock', 'c');
            if ($lock === false || !flock($lock, LOCK_EX)) {
                throw new \RuntimeException("The token can't be kept in {$this->path}.");
            }
            try {
                $token = $change($this->read());
                $this->write($token);
                return $token;
            } finally {
                fclose($lock); // which unlocks it
            }
        } finally {
            umask($mask);
        }
    }

    /** Writes beside the file and renames, so that a reader sees one token or the other. */
    private function write(?Token $token): void
    {
        if ($token === null) {
            @unlink($this->path);
            return;
        }
        $text = json_encode(['token' => $token->text, 'renew_at' => $token->renewAt, 'expires_at' => $token->expiresAt], JSON_THROW_ON_ERROR);
        $beside = $this->path . '.' . bin2hex(random_bytes(6));
        if (file_put_contents($beside, $text) === false || !rename($beside, $this->path)) {
            throw new \RuntimeException("The token can't be kept in {$this->path}.");
        }
    }
}
