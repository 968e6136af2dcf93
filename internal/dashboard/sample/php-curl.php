<?php
// Reads the name of an account's first asset with PHP's curl extension. The credentials are form fields.

declare(strict_types=1);

function setting(string $name): string
{
    $value = getenv($name);
    if ($value === false || $value === '') {
        throw new RuntimeException("$name is not set");
    }
    return $value;
}

function call(string $url, array $options): array
{
    $handle = curl_init($url);
    curl_setopt_array($handle, $options + [CURLOPT_RETURNTRANSFER => true, CURLOPT_TIMEOUT => 30]);
    $body = curl_exec($handle);
    if ($body === false) {
        throw new RuntimeException(curl_error($handle));
    }
    $status = curl_getinfo($handle, CURLINFO_RESPONSE_CODE);
    if ($status !== 200) {
        throw new RuntimeException(parse_url($url, PHP_URL_PATH) . " answered $status");
    }
    return json_decode($body, true, flags: JSON_THROW_ON_ERROR);
}

try {
    $url = setting('YIPII_URL');
    $answer = call("$url/oauth/token", [
        CURLOPT_POSTFIELDS => http_build_query([
            'grant_type' => 'client_credentials',
            'client_id' => setting('YIPII_CLIENT_ID'),
            'client_secret' => setting('YIPII_CLIENT_SECRET'),
        ]),
    ]);
    if (!isset($answer['access_token'])) {
        throw new RuntimeException('the answer has no access_token');
    }
    $list = call("$url/api/" . setting('YIPII_ACCOUNT_KEY') . '/asset', [
        CURLOPT_HTTPHEADER => ["Authorization: Bearer {$answer['access_token']}", 'Accept: application/json'],
    ]);
    if (!isset($list['data'][0]['name'])) {
        throw new RuntimeException('the account has no asset');
    }
    echo $list['data'][0]['name'], "\n";
} catch (Throwable $error) {
    fwrite(STDERR, "php-curl.php: {$error->getMessage()}\n");
    exit(1);
}
