<?php

// A caller in the story of a token's life, which test/e2e tells: it does what it is told, a word a line. Many of it run at once,
// and keep the token in one file.

declare(strict_types=1);

use Yipii\Client\ApiError;
use Yipii\Client\Credentials;
use Yipii\Client\FileStore;
use Yipii\Client\Yipii;

require __DIR__ . '/../autoload.php';

$client = fn (string $secret, string $file): Yipii => new Yipii(getenv('YIPII_URL'), new Credentials(getenv('YIPII_CLIENT_ID'), $secret), new FileStore($file));
$yipii = $client(getenv('YIPII_CLIENT_SECRET'), $argv[1]);
while (($word = fgets(STDIN)) !== false) {
    try {
        echo match (trim($word)) {
            'call' => $yipii->getUser()->accounts[0]->key,
            'wrong' => $client('not-' . getenv('YIPII_CLIENT_SECRET'), $argv[1] . '.wrong')->getUser()->name,
            'show' => strtr(print_r($yipii, true) . var_export(new ApiError(1, 'x'), true), "\n", ' '),
        }, "\n";
    } catch (ApiError $error) {
        echo "error $error->status $error->error ", strtr((string) $error, "\n", ' '), "\n";
    }
}
