using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using EdgeRecorder.Ledger;

namespace EdgeRecorder.Hosting;

/// <summary>
/// The box's TLS certificate, `keys/tls.pem`: certificate and key in one file. Made at the first start, ECDSA P-256, self-signed, for the names the box
/// has then; an owner puts his own in its place.
/// </summary>
internal static class BoxCertificate
{
    /// <exception cref="DataRootException">The file holds no certificate with its key.</exception>
    public static X509Certificate2 Open(string keysDirectory, string name, TimeProvider time)
    {
        var path = Path.Combine(keysDirectory, "tls.pem");
        if (!File.Exists(path))
            PrivateFile.Write(path, System.Text.Encoding.ASCII.GetBytes(Make(name, time)));
        try
        {
            return X509Certificate2.CreateFromPemFile(path);
        }
        catch (CryptographicException e)
        {
            throw new DataRootException($"{path}: is not a certificate with its key in PEM: {e.Message}", e);
        }
    }

    private static string Make(string name, TimeProvider time)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        // The name is free text; a distinguished name is not.
        var common = new string([.. name.Where(c => char.IsAsciiLetterOrDigit(c) || c is '-' or ' ').Take(60)]);
        var request = new CertificateRequest($"CN={(common.Trim().Length == 0 ? "recorder" : common.Trim())}", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName("localhost");
        names.AddIpAddress(IPAddress.Loopback);
        if (Uri.CheckHostName(Environment.MachineName) == UriHostNameType.Dns)
            names.AddDnsName(Environment.MachineName);
        request.CertificateExtensions.Add(names.Build());
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(false, false, 0, true));
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid("1.3.6.1.5.5.7.3.1")], false));
        // A box may boot in 1970: valid from then on, and long, since nobody renews it in the field.
        var now = time.GetUtcNow();
        using var certificate = request.CreateSelfSigned(DateTimeOffset.UnixEpoch, (now.Year < 2024 ? new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero) : now).AddYears(20));
        return certificate.ExportCertificatePem() + "\n" + key.ExportPkcs8PrivateKeyPem() + "\n";
    }
}
