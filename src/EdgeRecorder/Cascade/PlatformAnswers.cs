using System.Globalization;
using EdgeRecorder.Gb28181.Manscdp;
using EdgeRecorder.Recording;
using EdgeRecorder.Storage;

namespace EdgeRecorder.Cascade;

/// <summary>What the box answers to a platform's questions: its channels, its state, its footage. Documents of one answer go out one after the other.</summary>
/// <param name="deviceId">Our code there.</param>
/// <param name="channels">Those that it may see.</param>
internal sealed class PlatformAnswers(string deviceId, CascadeSurroundings box, Func<IEnumerable<ChannelDefinition>> channels)
{
    private const string Manufacturer = "EdgeRecorder";
    private const long LongestRecordUs = 3_600_000_000;
    private const long SameRecordUs = 1_000_000;            // footage goes on behind so small a gap
    private const int MostRecords = 10_000;

    /// <param name="perPart">Entries of a document: few where it has to fit a datagram.</param>
    public IEnumerable<ManscdpDocument> To(ManscdpDocument question, int perPart) => (question switch
    {
        CatalogQuery => Catalog(perPart),
        RecordInfoQuery query => Records(query, perPart),
        PlainQuery { CmdType: "DeviceInfo" } => [new DeviceInfoResponse { DeviceName = box.Name, Manufacturer = Manufacturer, Model = Manufacturer, Firmware = Version, Channels = channels().Count() }],
        PlainQuery { CmdType: "DeviceStatus" } => [Status()],
        PlainQuery { CmdType: "PresetQuery" } => [new PresetResponse([])],
        ConfigDownloadQuery => [new ConfigDownloadResponse(true, new BasicParam { Name = box.Name })],
        DeviceControl { IsAnswered: true } => [new ResultResponse("DeviceControl", false)],
        DeviceConfig => [new ResultResponse("DeviceConfig", false)],
        _ => Array.Empty<ManscdpDocument>(),
    }).Select(answer => answer with { Sn = question.Sn, DeviceId = question.DeviceId });

    /// <summary>The catalog: the channels as the platform sees them.</summary>
    public IReadOnlyList<CatalogItem> Entries() => [.. channels().Select(Item)];

    private static string Version => typeof(PlatformAnswers).Assembly.GetName().Version?.ToString(3) ?? "";

    private IEnumerable<ManscdpDocument> Catalog(int perPart)
    {
        return Parts(Entries(), perPart).Select(part => new CatalogResponse(part));
    }

    private CatalogItem Item(ChannelDefinition channel) => new(ChannelCodes.Of(deviceId, channel.Number))
    {
        Name = channel.Name,
        Manufacturer = Manufacturer,
        Model = channel.Protocol,
        Owner = "0",
        CivilCode = deviceId[..6],
        Address = "0",
        IsParent = false,
        ParentId = deviceId,
        SafetyWay = 0,
        RegisterWay = 1,
        Secrecy = 0,
        IsOnline = IsOnline(channel),
    };

    /// <summary>One that nobody wants is not known to be away.</summary>
    private bool IsOnline(ChannelDefinition channel) => box.Recorder.Status(new(channel.Number, 0)) is { State: ChannelState.Idle or ChannelState.Live or ChannelState.Recording };

    private DeviceStatusResponse Status() => new()
    {
        IsOnline = true,
        IsWorking = true,
        IsEncoding = true,
        IsRecording = channels().Any(channel => box.Recorder.Status(new(channel.Number, 0)) is { State: ChannelState.Recording }),
        DeviceTime = ManscdpTime.FromUtc(box.UtcNow),
    };

    private IEnumerable<ManscdpDocument> Records(RecordInfoQuery query, int perPart)
    {
        var channel = ChannelCodes.NumberOf(deviceId, query.DeviceId) is { } number ? channels().FirstOrDefault(c => c.Number == number) : null;
        var isWanted = channel is not null && query.StartTime is not null && query.Type.ToUpperInvariant() is "ALL" or "TIME" or "";
        var items = !isWanted ? [] : Runs(new(channel!.Number, (byte)(query.StreamNumber == 1 ? 1 : 0)), ToUs(query.StartTime!.Value), query.EndTime is { } end ? ToUs(end) + 999_999 : long.MaxValue)
            .Take(MostRecords).Select(run => Item(channel, query.DeviceId, run)).ToList();
        return Parts(items, perPart).Select(part => new RecordInfoResponse(channel?.Name ?? "", part));
    }

    /// <summary>Footage without breaks, in pieces of an hour at the most. They are not cut to the range: who asks sees what there is.</summary>
    private IEnumerable<(long FromUs, long ToUs, long Bytes)> Runs(StreamKey stream, long fromUs, long toUs)
    {
        (long FromUs, long ToUs, long Bytes)? open = null;
        foreach (var span in box.Ring.Spans(stream, fromUs, toUs))
            if (open is { } run && span.FromUtcUs - run.ToUs <= SameRecordUs && span.ToUtcUs - run.FromUs <= LongestRecordUs)
                open = (run.FromUs, Math.Max(run.ToUs, span.ToUtcUs), run.Bytes + span.Bytes);
            else
            {
                if (open is { } before)
                    yield return before;
                open = (span.FromUtcUs, span.ToUtcUs, span.Bytes);
            }
        if (open is { } last)
            yield return last;
    }

    private static RecordItem Item(ChannelDefinition channel, string code, (long FromUs, long ToUs, long Bytes) run) => new(code)
    {
        Name = channel.Name,
        FilePath = string.Create(CultureInfo.InvariantCulture, $"{code}/{run.FromUs / 1_000_000}"),
        Address = "0",
        StartTime = ToTime(run.FromUs),
        EndTime = ToTime(run.ToUs + 999_999),               // whole seconds: none of it is left out
        Secrecy = 0,
        Type = "time",
        FileSizeBytes = run.Bytes,
    };

    /// <summary>At least one part: nothing is an answer too.</summary>
    private static IEnumerable<ListPart<T>> Parts<T>(IReadOnlyList<T> items, int perPart)
        => items.Count == 0 ? [new ListPart<T>(0, [], 0)] : items.Chunk(perPart).Select(part => new ListPart<T>(items.Count, part, 0));

    private static long ToUs(DateTime local) => ManscdpTime.ToUtc(local).ToUnixTimeSeconds() * 1_000_000;

    private static DateTime ToTime(long us) => ManscdpTime.FromUtc(DateTimeOffset.FromUnixTimeSeconds(us / 1_000_000));
}
