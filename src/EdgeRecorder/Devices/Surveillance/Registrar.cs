using System.Globalization;
using System.Net;
using EdgeRecorder.Configuration;
using EdgeRecorder.DigestAuth;
using EdgeRecorder.Gb28181.Manscdp;
using EdgeRecorder.Ledger;
using EdgeRecorder.Media;
using EdgeRecorder.Sip;

namespace EdgeRecorder.Devices.Surveillance;

/// <summary>
/// REGISTER (GB/T 28181-2022, 9.1): who knows the password is in, for as long as it asked; refreshing and leaving take the password again. Called on the threads that read. A device that is
/// listed is answered there; one that is new is answered once it stands in the ledger.
/// </summary>
/// <param name="date">The box's time, as far as it can be believed; null: the header is left out.</param>
internal sealed partial class Registrar(
    SurveillanceDevices devices, DeviceCatalog catalog, Gb28181Options options, DevicePasswords passwords, DeviceJournal journal, TimeProvider time, Func<DateTimeOffset?> date, ILogger log)
{
    /// <summary>Devices that enrol themselves: who knows the password of all can make up IDs.</summary>
    public const int MostDevices = 4096;
    private const int DefaultSeconds = 3600, LeastSeconds = 60, MostSeconds = 7 * 24 * 3600;
    private static readonly string[] Editions = ["1.0", "1.1", "2.0", SurveillanceDevice.Edition2022];

    private readonly DigestGuard _guard = new(new()
    {
        Realm = options.Domain, OfferQop = options.Qop,
        Algorithms = options.Digest switch { DigestChoice.Md5 => [DigestAlgorithm.Md5], DigestChoice.Sha256 => [DigestAlgorithm.Sha256], _ => [DigestAlgorithm.Sha256, DigestAlgorithm.Md5] },
    }, time);

    /// <summary>Nonces that are remembered.</summary>
    public int Nonces => _guard.Remembered;

    public static bool IsId(string text) => text.Length == 20 && text.All(char.IsAsciiDigit);

    public void Take(SipIncoming incoming)
    {
        var request = incoming.Request;
        var id = request.From.Uri.User;
        if (!IsId(id))
        {
            Refuse(incoming, SipRefusal.Stranger, "a REGISTER of somebody who has no 20 digits");
            return;
        }
        var result = _guard.Verify("REGISTER", request.Values("Authorization"), incoming.Source.Address,
            (user, algorithm) => (user == id || user == options.User) && user.Length > 0 && passwords.Of(id) is { } password ? DigestHash.OfUser(algorithm, user, options.Domain, password) : null);
        if (result.IsRight)
            TakeRight(incoming, id);
        else if (result.Outcome is DigestOutcome.Wrong or DigestOutcome.Throttled)
            Refuse(incoming, SipRefusal.Credentials, result.Outcome == DigestOutcome.Wrong ? $"a wrong password for {id}" : $"too many wrong passwords for {id}");
        else
        {
            if (result.Outcome == DigestOutcome.Replayed)
                devices.Refusals.Refuse(SipRefusal.Replayed, incoming.Source, $"a REGISTER of {id} that came before");
            incoming.Answer(401, [.. _guard.Challenges(incoming.Source.Address, result.IsStale).Select(value => ("WWW-Authenticate", value)), .. Edition(request)]);
        }
    }

    private void TakeRight(SipIncoming incoming, string id)
    {
        var request = incoming.Request;
        var asked = request.IsContactStar ? 0 : request.ExpiresSeconds ?? DefaultSeconds;
        if (asked == 0)
        {
            if (devices.Find(id) is { } leaving)
                devices.Unregister(leaving);
            Welcome(incoming, 0);
        }
        else if (catalog.Find(SurveillanceDevices.Name, id) is { State: not Approval.Waiting } listed)
            Admit(incoming, listed, asked);
        else
            journal.Do(() =>
            {
                if (Enrol(id, incoming.Source.Address) is { } enrolled)
                    Admit(incoming, enrolled, asked);
                else
                    Refuse(incoming, SipRefusal.Stranger, $"{id} is new, and {MostDevices} devices are listed already");
            });
    }

    private void Admit(SipIncoming incoming, DeviceRow row, int asked)
    {
        if (row.State == Approval.Refused)
        {
            Refuse(incoming, SipRefusal.Stranger, $"{row.DisplayName} is refused");
            return;
        }
        var granted = Math.Clamp(asked, LeastSeconds, MostSeconds);
        var edition = incoming.Request["X-GB-Ver"]?.Trim() is { } said && Editions.Contains(said) ? said : SurveillanceDevice.Edition2016;
        devices.Register(row, new(incoming.Flow, edition, incoming.Request.CallId, granted, time.Milliseconds() + granted * 1000L), () => Welcome(incoming, granted));
    }

    /// <summary>The right password is approval. Null: there is no room.</summary>
    private DeviceRow? Enrol(string id, IPAddress from)
    {
        if (catalog.Find(SurveillanceDevices.Name, id) is { } known)
            return known.State == Approval.Waiting ? catalog.Change(known.Number, row => row with { State = Approval.Approved }) : known;
        if (catalog.All.Count(device => device.Protocol == SurveillanceDevices.Name) >= MostDevices)
            return null;
        var now = time.GetUtcNow();
        var added = catalog.Add(new DeviceRow { Protocol = SurveillanceDevices.Name, Identity = id, State = Approval.Approved, Record = options.Record, FirstSeen = now, LastSeen = now });
        if (added is not null)
            LogNew(id, from);
        return added ?? catalog.Find(SurveillanceDevices.Name, id);     // it may have been added by hand meanwhile
    }

    /// <summary>200 with what was granted. Date is Beijing time without a zone, as the standard has it and no RFC (9.10.3).</summary>
    private void Welcome(SipIncoming incoming, int granted)
    {
        List<(string, string)> headers = [];
        if (incoming.Request["Contact"] is { } contact)
            headers.Add(("Contact", contact));
        headers.Add(("Expires", granted.ToString(CultureInfo.InvariantCulture)));
        if (options.DateHeader && date() is { } now)
            headers.Add(("Date", ManscdpTime.FromUtc(now).ToString("yyyy-MM-dd'T'HH:mm:ss.fff", CultureInfo.InvariantCulture)));
        headers.AddRange(Edition(incoming.Request));
        incoming.Answer(200, headers);
    }

    private void Refuse(SipIncoming incoming, SipRefusal why, string reason)
    {
        devices.Refusals.Refuse(why, incoming.Source, reason);
        incoming.Answer(403, Edition(incoming.Request));
    }

    /// <summary>Who says its edition is told ours, in answers of any kind; the union of the editions is spoken, so it is the same.</summary>
    private static IEnumerable<(string, string)> Edition(SipMessage request)
        => request["X-GB-Ver"] is { } said ? [("X-GB-Ver", Editions.Contains(said.Trim()) ? said.Trim() : SurveillanceDevice.Edition2022)] : [];

    [LoggerMessage(Level = LogLevel.Warning, Message = "Device {Id} from {From} is new: it knows the password and is approved")]
    private partial void LogNew(string id, IPAddress from);
}
