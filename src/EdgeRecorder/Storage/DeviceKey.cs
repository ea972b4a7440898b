using System.Security.Cryptography;
using System.Text;

namespace EdgeRecorder.Storage;

/// <summary>
/// The box's own key, ECDSA P-256, that signs seals: <c>keys/device.pem</c> (PKCS #8, mode 0600), made at first start and never replaced, and its public
/// half <c>keys/device.pub</c> (SubjectPublicKeyInfo), for whoever checks footage. How it is checked: docs/evidence.md.
/// </summary>
public sealed class DeviceKey : IDisposable
{
    public const string PrivateName = "device.pem", PublicName = "device.pub";
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    private readonly ECDsa _key;
    private readonly Lock _gate = new();

    private DeviceKey(ECDsa key) => _key = key;

    /// <summary>Reads the key of a folder, or makes one when there is none.</summary>
    /// <exception cref="StorageException">The folder cannot be used, or the file is no such key: it is not replaced, seals made with it would lose their proof.</exception>
    public static DeviceKey Open(string folder)
    {
        var path = Path.Combine(folder, PrivateName);
        var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        try
        {
            if (File.Exists(path))
                key.ImportFromPem(File.ReadAllText(path));
            else
            {
                Directory.CreateDirectory(folder, OwnerOnly | UnixFileMode.UserExecute);
                Write(path, key.ExportPkcs8PrivateKeyPem());
            }
            if (key.KeySize != 256)
                throw new CryptographicException($"a key of {key.KeySize} bits, not of P-256");
            var publicPath = Path.Combine(folder, PublicName);
            var text = key.ExportSubjectPublicKeyInfoPem() + "\n";
            if (!File.Exists(publicPath) || File.ReadAllText(publicPath) != text)
                Write(publicPath, text);
            return new DeviceKey(key);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or CryptographicException or ArgumentException)
        {
            key.Dispose();
            throw new StorageException($"{path}: {e.Message}", e);
        }
    }

    /// <summary>The public key of a folder, or null when it has none.</summary>
    /// <exception cref="CryptographicException">The file is no public key.</exception>
    public static ECDsa? ReadPublic(string folder)
    {
        var path = Path.Combine(folder, PublicName);
        if (!File.Exists(path))
            return null;
        var key = ECDsa.Create();
        try
        {
            key.ImportFromPem(File.ReadAllText(path));
            return key;
        }
        catch (ArgumentException e)
        {
            key.Dispose();
            throw new CryptographicException(e.Message, e);
        }
    }

    /// <summary>Signature over SHA-256 of <paramref name="data"/>, DER (RFC 3279 2.2.3), as <c>openssl dgst -sha256 -verify</c> takes it. Any thread.</summary>
    public byte[] Sign(ReadOnlySpan<byte> data)
    {
        lock (_gate)
            return _key.SignData(data, HashAlgorithmName.SHA256, DSASignatureFormat.Rfc3279DerSequence);
    }

    public void Dispose() => _key.Dispose();

    /// <summary>Whole and on the device before it has its name: half a key would be none for ever.</summary>
    private static void Write(string path, string text)
    {
        var temporary = path + ".new";
        using (var stream = new FileStream(temporary, new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write, UnixCreateMode = OwnerOnly }))
        {
            stream.Write(Encoding.ASCII.GetBytes(text));
            stream.Flush(flushToDisk: true);
        }
        File.Move(temporary, path, overwrite: true);
    }
}
