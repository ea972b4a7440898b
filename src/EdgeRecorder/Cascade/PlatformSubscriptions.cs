using System.Globalization;
using EdgeRecorder.Bytes;
using EdgeRecorder.Gb28181.Manscdp;
using EdgeRecorder.Sip;

namespace EdgeRecorder.Cascade;

/// <summary>What a platform subscribed to: Catalog, Alarm, MobilePosition. What decides is the body; the Event header only goes back as it came, since platforms write it as they like.</summary>
internal sealed class PlatformSubscriptions(UpperPlatform platform, PlatformReports reports)
{
    private const int Most = 16;
    private const int DefaultSeconds = 600, LeastSeconds = 30, MostSeconds = 86_400;

    private readonly Lock _gate = new();
    private readonly List<PlatformSubscription> _all = [];

    public int Count { get { lock (_gate) return _all.Count; } }

    /// <summary>A SUBSCRIBE, the first or one that renews or ends; must not block.</summary>
    public void Take(SipIncoming incoming)
    {
        var seconds = incoming.Request.ExpiresSeconds is { } asked ? asked == 0 ? 0 : Math.Clamp(asked, LeastSeconds, MostSeconds) : DefaultSeconds;
        var expires = ("Expires", seconds.ToString(CultureInfo.InvariantCulture));
        if (incoming.Dialog?.Owner is PlatformSubscription known)
        {
            known.Grant(seconds);      // before the platform hears of it: what it is told next goes by the new time
            incoming.Answer(200, [expires, ("Contact", $"<{platform.ContactOver(incoming.Flow)}>")]);
            known.Wake();
            return;
        }
        ManscdpDocument query;
        try
        {
            query = ManscdpDocument.Parse(incoming.Request.Body.Span);
        }
        catch (ProtocolException e)
        {
            platform.Refuse(incoming, 400, e.Message);
            return;
        }
        if (query is not (CatalogQuery or AlarmQuery or MobilePositionQuery))
            platform.RefuseQuietly(incoming, 489);
        else if (Count >= Most)
            platform.Refuse(incoming, 503, $"{Most} subscriptions stand");
        else
            Begin(incoming, query, seconds, expires);
    }

    /// <summary>An alarm began; must not block.</summary>
    public void Tell(BoxAlarm alarm)
    {
        lock (_gate)
            _all.ForEach(subscription => subscription.Tell(alarm));
    }

    public void Remove(PlatformSubscription subscription)
    {
        lock (_gate)
            _all.Remove(subscription);
    }

    public void EndAll()
    {
        lock (_gate)
            _all.ForEach(subscription => subscription.Stop());
    }

    private void Begin(SipIncoming incoming, ManscdpDocument query, int seconds, (string, string) expires)
    {
        var package = incoming.Request["Event"] ?? "presence";
        if (incoming.Accept([expires, ("Event", package)]) is not { } dialog)
            return;
        var subscription = new PlatformSubscription(platform, reports, dialog, query, package, UpperPlatform.PerPart(incoming.Flow));
        subscription.Grant(seconds);
        lock (_gate)
        {
            _all.Where(other => other.Subject == subscription.Subject).ToList().ForEach(other => other.Stop());   // it forgot that one
            _all.Add(subscription);
        }
        dialog.Owner = subscription;
        if (dialog.IsOver)
            subscription.Stop();
        _ = Task.Run(subscription.RunAsync);
    }
}
