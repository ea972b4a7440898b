using System.Security.Cryptography;
using EdgeRecorder.Configuration;
using EdgeRecorder.Ledger;

namespace EdgeRecorder.Devices.Surveillance;

/// <summary>Passwords of devices: each one's own, else that of all. In the ledger they are encrypted with the box's key.</summary>
internal sealed partial class DevicePasswords(DeviceCatalog catalog, Gb28181Options options, BoxSecret secret, ILogger<DevicePasswords> log)
{
    private string? Common => string.IsNullOrEmpty(options.Password) ? null : options.Password;

    /// <summary>False: nobody could register, and nobody is listened to.</summary>
    public bool Any => Common is not null || catalog.All.Any(device => device.Protocol == SurveillanceDevices.Name && device.Code is not null);

    /// <summary>Null: nobody of that ID may register.</summary>
    public string? Of(string id) => catalog.Find(SurveillanceDevices.Name, id) switch
    {
        { Code: { } own } => Read(id, own),
        null when options.Enrolment == Enrolment.List => null,
        _ => Common,
    };

    /// <summary>As <see cref="DeviceRow.Code"/> holds it.</summary>
    public byte[] Protect(string password) => secret.Protect(password);

    private string? Read(string id, byte[] code)
    {
        try
        {
            return secret.Unprotect(code);
        }
        catch (CryptographicException e)                    // the ledger came from another box
        {
            LogUnreadable(id, e.Message);
            return null;
        }
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "The password of device {Id} cannot be read, it has to be set again: {Reason}")]
    private partial void LogUnreadable(string id, string reason);
}
