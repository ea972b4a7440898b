using EdgeRecorder.Gb28181.Manscdp;
using EdgeRecorder.Media;
using EdgeRecorder.Recording;

namespace EdgeRecorder.Cascade;

/// <summary>An alarm of the box that begins.</summary>
/// <param name="Kind">As events spell it.</param>
/// <param name="Channels">Numbers of those that it concerns.</param>
internal sealed record BoxAlarm(string Kind, IReadOnlyList<int> Channels, DateTimeOffset At);

/// <summary>What the box reports to a platform that subscribed: the documents of a NOTIFY each.</summary>
internal sealed class PlatformReports(string deviceId, CascadeSurroundings box, PlatformAnswers answers, Func<IEnumerable<ChannelDefinition>> channels)
{
    private const int Priority = 4;                         // the lowest: what is urgent the platform decides
    private const int MostDigits = 7;                       // of latitude and longitude, in the ledger

    public CatalogChanges Catalog() => new(answers.Entries);

    /// <summary>Entries that belong together, in parts.</summary>
    public IEnumerable<ManscdpDocument> Of(IReadOnlyList<CatalogItem> changes, int perPart)
        => changes.Chunk(perPart).Select(part => new CatalogNotify(new(changes.Count, part, 0)) { DeviceId = deviceId });

    /// <summary>Where the channels are that move, one document each as in 2016. Those whose place is known already are left out.</summary>
    /// <param name="told">Instants of what was told, by channel; brought up to date.</param>
    public IEnumerable<ManscdpDocument> Positions(MobilePositionQuery query, Dictionary<int, long> told)
    {
        foreach (var channel in channels())
        {
            var code = ChannelCodes.Of(deviceId, channel.Number);
            if (!IsMeant(query.DeviceId, code) || box.PositionOf(channel) is not { } at || told.TryGetValue(channel.Number, out var before) && before == at.AtUtcUs)
                continue;
            told[channel.Number] = at.AtUtcUs;
            yield return new MobilePositionNotify([new(code, ManscdpTime.FromUtc(UtcTime.At(at.AtUtcUs)), Degrees(at.LongitudeE7), Degrees(at.LatitudeE7),
                at.SpeedMmS * 3.6 / 1000, at.HeadingDeg, at.AltitudeM)]) { DeviceId = code };
        }
    }

    /// <summary>Null: it is none of a channel that the platform may see, or of those it asked for.</summary>
    public ManscdpDocument? Of(BoxAlarm alarm, AlarmQuery query)
    {
        var (method, type) = AlarmWords.Codes(alarm.Kind);
        if (channels().FirstOrDefault(channel => alarm.Channels.Contains(channel.Number) && IsMeant(query.DeviceId, ChannelCodes.Of(deviceId, channel.Number))) is not { } channel || !Wants(query, method))
            return null;
        var at = box.PositionOf(channel);
        return new AlarmNotify(Priority, method)
        {
            Type = type, Time = ManscdpTime.FromUtc(alarm.At), Description = alarm.Kind, DeviceId = ChannelCodes.Of(deviceId, channel.Number),
            Longitude = at is { } place ? Degrees(place.LongitudeE7) : null, Latitude = at is { } there ? Degrees(there.LatitudeE7) : null,
        };
    }

    /// <summary>A question about the box means all its channels.</summary>
    private bool IsMeant(string asked, string code) => asked.Length == 0 || asked == deviceId || asked == code;

    private static bool Wants(AlarmQuery query, int method)
        => (query.Method.Contains('0', StringComparison.Ordinal) || query.Method.Contains((char)('0' + method), StringComparison.Ordinal)) && (query.EndPriority == 0 || Priority >= query.StartPriority && Priority <= query.EndPriority);

    private static double Degrees(int e7) => Math.Round(e7 / 1e7, MostDigits);
}
