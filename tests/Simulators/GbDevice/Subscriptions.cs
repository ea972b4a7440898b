using System.Globalization;
using EdgeRecorder.Simulators.GbDevice.Messages;
using EdgeRecorder.Simulators.GbDevice.Sip;

namespace EdgeRecorder.Simulators.GbDevice;

/// <summary>What a platform wants to be told of, until when (GB/T 28181-2022, 9.11; RFC 6665).</summary>
internal sealed class Subscriptions(Device device)
{
    private readonly List<Subscription> _open = [];

    private sealed class Subscription(SipText subscribe, PlatformDocument query, string tag)
    {
        public Dialog Dialog { get; } = new(subscribe, tag);
        public string Event { get; } = subscribe["Event"]!;
        public string Kind => query.CmdType;
        public double Interval { get; } = query["Interval"] is { } text ? double.Parse(text, CultureInfo.InvariantCulture) : 5;
        public double Until { get; set; }
        public double NextPosition { get; set; }
    }

    /// <summary>By CmdType.</summary>
    public IEnumerable<string> Kinds => _open.Select(s => s.Kind);

    /// <summary>SUBSCRIBEs that prolonged one.</summary>
    public int Renewals { get; private set; }
    public int Notifications { get; private set; }

    public void Clear() => _open.Clear();

    public void Take(SipText request)
    {
        var expires = int.Parse(request["Expires"] ?? throw new MalformedException("SUBSCRIBE without Expires"), CultureInfo.InvariantCulture);
        if (request["Event"] is null)
            throw new MalformedException("SUBSCRIBE without Event");
        var known = _open.Find(s => s.Dialog.Matches(request));
        if (known is null && SipText.Parameter(request["To"], "tag") is not null)
        {
            device.Answer(request, 481, "Subscription does not exist");
            return;
        }
        var subscription = known ?? new Subscription(request, PlatformDocument.Read(request.Body), device.NewToken());
        if (known is null)
            _open.Add(subscription);
        else if (!known.Dialog.Advance(request))
            throw new MalformedException($"SUBSCRIBE with CSeq {request.CSeq} after {known.Dialog.RemoteCSeq}");
        else
            Renewals++;
        subscription.Until = device.Now + expires;
        device.Answer(request, device.AnswerTo(request, 200, "OK", subscription.Dialog.Tag)
            .Add("Contact", device.Contact).Add("Expires", expires.ToString(CultureInfo.InvariantCulture)));
        if (expires == 0)
            _open.Remove(subscription);
        // RFC 6665, 4.2.1.2: at once, with the state that there is; when it ends too.
        Notify(subscription, subscription.Kind == "MobilePosition" && expires > 0 ? Position() : null);
        subscription.NextPosition = device.Now + subscription.Interval;
    }

    public void Advance(double now)
    {
        for (var i = _open.Count - 1; i >= 0; i--)
        {
            var subscription = _open[i];
            if (now >= subscription.Until)
            {
                _open.RemoveAt(i);
                continue;
            }
            if (subscription.Kind != "MobilePosition" || now < subscription.NextPosition)
                continue;
            subscription.NextPosition = now + subscription.Interval;
            Notify(subscription, Position());
        }
    }

    /// <summary>To whoever wants to be told; in a MESSAGE if nobody does.</summary>
    public void TellAlarm(string channel, int priority, int method, int type) => Tell("Alarm", new DocumentText("Notify", "Alarm", device.NextSn(), channel)
        .Field("AlarmPriority", priority).Field("AlarmMethod", method).Field("AlarmTime", DocumentText.Time(Footage.Now())).Field("AlarmDescription", "模拟报警")
        .Field("Longitude", device.Drive.Longitude).Field("Latitude", device.Drive.Latitude)
        .Open("Info").Field("AlarmType", type).Close("Info"));

    public void TellPosition() => Tell("MobilePosition", Position());

    /// <param name="what">ON, OFF, ADD, DEL, UPDATE, VLOST or DEFECT.</param>
    public void TellCatalog(string channel, string what)
    {
        var document = new DocumentText("Notify", "Catalog", device.NextSn(), device.Id).Field("SumNum", 1).Open("DeviceList", 1).Open("Item").Field("DeviceID", channel).Field("Event", what);
        if (what is "ADD" or "UPDATE")                         // only these bring what the entry says
            document.Field("Name", device.Channels.FirstOrDefault(c => c.Id == channel)?.Name ?? "新通道").Field("Parental", 0).Field("ParentID", device.Id).Field("Status", "ON");
        Tell("Catalog", document.Close("Item").Close("DeviceList"));
    }

    private void Tell(string kind, DocumentText document)
    {
        var told = _open.FindAll(s => s.Kind == kind);
        foreach (var subscription in told)
            Notify(subscription, document);
        if (told.Count == 0)
            device.Tell(document);
    }

    private void Notify(Subscription subscription, DocumentText? document)
    {
        var left = Math.Max(0, subscription.Until - device.Now);
        var request = device.Draft("NOTIFY", subscription.Dialog).Add("Event", subscription.Event).Add("Contact", device.Contact)
            .Add("Subscription-State", left > 0 ? string.Create(CultureInfo.InvariantCulture, $"active;expires={left:0}") : "terminated;reason=timeout");
        if (document is not null)
            request.With(DocumentText.ContentType, document.ToBytes(device.Charset));
        Notifications++;
        device.Ask(request, _ => { });
    }

    private DocumentText Position()
    {
        var drive = device.Drive;
        drive.AdvanceTo(device.Now);
        var document = new DocumentText("Notify", "MobilePosition", device.NextSn(), device.Id);
        var time = DocumentText.Time(Footage.Now());
        if (device.Options.Version != "3.0")
            return Fields(document.Field("Time", time));
        return Fields(document.Field("Time", time).Field("SumNum", 1).Open("DeviceList", 1).Open("Item").Field("DeviceID", device.Id).Field("CaptureTime", time)).Close("Item").Close("DeviceList");

        DocumentText Fields(DocumentText of) => of.Field("Longitude", drive.Longitude).Field("Latitude", drive.Latitude)
            .Field("Speed", drive.SpeedKmh).Field("Direction", drive.Direction).Field("Altitude", 20);
    }
}
