using System.Text.Json;
using EdgeRecorder.Configuration;
using EdgeRecorder.Devices;
using EdgeRecorder.Ledger;
using EdgeRecorder.Media;
using EdgeRecorder.Recording;

namespace EdgeRecorder.Api.Cdvr;

/// <summary>Files of the box as the family lists and hands them out, whoever recorded them.</summary>
internal sealed class CdvrCatalog(RecorderOptions options, ChannelCatalog catalog, DeviceCatalog devices, CdvrFiles files, EventStore events, TimeProvider time)
{
    private const int MostFiles = 5000, MostEvents = 10_000;
    private static readonly TimeSpan UsualWindow = TimeSpan.FromHours(24);

    private readonly TimeZoneInfo _zone = options.System.Zone;

    /// <summary>The document of a query, or of what is wrong with it.</summary>
    public string List(CdvrQuery query, HttpRequest request)
    {
        if (ReadWindow(query, out var from, out var to) is { } wrong)
            return Refusal(wrong);
        List<CdvrDevice> asked = [];
        foreach (var item in query.Devices ?? [])
        {
            foreach (var channel in item.Channels is { Count: > 0 } channels ? channels : [""])
            {
                if ((item.Error ?? CdvrDevice.Read(item.Sim, channel, item.Protocol, wantsChannel: false, out _)) is { } wrongDevice)
                    return Refusal(wrongDevice);
                _ = CdvrDevice.Read(item.Sim, channel, item.Protocol, wantsChannel: false, out var device);
                asked.Add(device);
            }
        }
        var everything = query.Devices is null or { Count: 0 };
        var groups = Groups(everything ? Everything() : asked.SelectMany(Channels), from, to, request, skipEmpty: everything);
        return JsonSerializer.Serialize(groups, CdvrJson.Plain.CdvrGroupArray);
    }

    public async Task SendAsync(HttpContext context, string id)
    {
        if (files.Find(id) is not { } file)
        {
            context.Response.StatusCode = StatusCodes.Status404NotFound;
            return;
        }
        var name = NameOf(file, catalog.Find(file.Stream.ChannelNumber));
        if (file.Path is null)
        {
            using var download = files.Open(file);
            if (download is null)
                context.Response.StatusCode = StatusCodes.Status404NotFound;
            else
                await (await FootageResponse.SendAsync(download, "attachment", name, context)).ExecuteAsync(context);
            return;
        }
        var path = Path.GetFullPath(Path.Combine(options.Storage.Root, file.Path));
        if (!path.StartsWith(Path.GetFullPath(options.Storage.Root) + "/", StringComparison.Ordinal) || !File.Exists(path))
            context.Response.StatusCode = StatusCodes.Status404NotFound;
        else
            await TypedResults.PhysicalFile(path, file.Container == "ts" ? "video/mp2t" : "video/mp4", name, enableRangeProcessing: true).ExecuteAsync(context);
    }

    private string? ReadWindow(CdvrQuery query, out long fromUtcUs, out long toUtcUs)
    {
        (fromUtcUs, toUtcUs) = (0, 0);
        var end = query.End is { Length: > 0 } until ? CdvrTime.Read(until, _zone) : time.GetUtcNow();
        if (end is null)
            return "invalid timeEnd";
        var start = query.Start is { Length: > 0 } since ? CdvrTime.Read(since, _zone) : end - UsualWindow;
        if (start is null)
            return "invalid timeStart";
        (fromUtcUs, toUtcUs) = (UtcTime.Us(start < end ? start.Value : end.Value), UtcTime.Us(start < end ? end.Value : start.Value));
        return null;
    }

    private static string Refusal(string note) => JsonSerializer.Serialize(new CdvrRet(CdvrOutcome.Unacceptable, note, ""), CdvrJson.Plain.CdvrRet);

    /// <summary>All channels of the box by their devices' keys.</summary>
    private IEnumerable<(CdvrDevice Named, ChannelDefinition? Channel)> Everything()
        => catalog.All.SelectMany(channel => Named(channel, CdvrDevice.Of(channel, 0))).OrderBy(one => one.Named.Protocol).ThenBy(one => one.Named.Identity, StringComparer.Ordinal).ThenBy(one => one.Named.Channel.Length).ThenBy(one => one.Named.Channel, StringComparer.Ordinal);

    /// <summary>What is meant by a device, channels ascending; one of which nothing is known stands for itself.</summary>
    private IEnumerable<(CdvrDevice Named, ChannelDefinition? Channel)> Channels(CdvrDevice asked)
    {
        if (asked.Channel.Length > 0)
            return [(asked, new ChannelNames(catalog).Find(asked.Name))];
        var known = catalog.All.Where(channel => CdvrDevice.Of(channel, 0) is var of && of.ProtocolName == asked.ProtocolName && of.Identity == asked.Identity)
            .SelectMany(channel => Named(channel, CdvrDevice.Of(channel, 0) with { Sim = asked.Sim, Protocol = asked.Protocol })).OrderBy(one => one.Named.Channel.Length).ThenBy(one => one.Named.Channel, StringComparer.Ordinal).ToList();
        return known.Count > 0 ? known : [(asked, null)];
    }

    /// <summary>The two streams of a camera are two channels of this family; those of a device are one.</summary>
    private static IEnumerable<(CdvrDevice Named, ChannelDefinition? Channel)> Named(ChannelDefinition channel, CdvrDevice of)
        => of.Protocol == CdvrDevice.Rtsp && channel.SubUrl is not null ? [(of, channel), (of with { Channel = "2" }, channel)] : [(of, channel)];

    private CdvrGroup[] Groups(IEnumerable<(CdvrDevice Named, ChannelDefinition? Channel)> channels, long from, long to, HttpRequest request, bool skipEmpty)
    {
        List<CdvrGroup> groups = [];
        var left = MostFiles;
        foreach (var (named, channel) in channels)
        {
            var found = channel is null ? [] : StreamsOf(named).SelectMany(stream => files.List(new(channel.Number, stream), from, to, left)).OrderBy(file => file.FromUtcUs).ToList();
            var alarms = channel?.Device is { } device && devices.Find(device)?.Protocol == "jt808" && found.Count > 0
                ? events.Overlapping(device, channel.Number, found[0].FromUtcUs, found.Max(file => file.ToUtcUs), MostEvents) : [];
            var isCut = found.Count > left;
            if (found.Count > 0 || !skipEmpty)
            {
                var items = found.Take(left).Select(file => Item(file, named, channel!, alarms, request)).ToArray();
                groups.Add(new CdvrGroup(named.Sim, named.Channel, named.Protocol, items.Length, items, isCut ? true : null));
            }
            left -= Math.Min(left, found.Count);
            if (isCut)
                break;
        }
        return [.. groups];
    }

    private static IEnumerable<byte> StreamsOf(CdvrDevice named) => named.Protocol == CdvrDevice.Rtsp ? [named.Stream] : [0, 1];

    private CdvrItem Item(CdvrFile file, CdvrDevice named, ChannelDefinition channel, IReadOnlyList<EventRow> alarms, HttpRequest request)
    {
        var end = file.IsOpen ? UtcTime.Us(time.GetUtcNow()) : file.ToUtcUs;
        var during = alarms.Where(alarm => alarm.FromUtcUs < file.ToUtcUs && (alarm.ToUtcUs ?? long.MaxValue) >= file.FromUtcUs).Select(alarm => alarm.Kind);
        return new CdvrItem(ChannelValue(named.Channel), CdvrTime.Write(file.FromUtcUs, _zone), CdvrTime.Write(end, _zone), AlarmKinds.BitsOf(during), file.HasAudio ? 0 : 2, file.Stream.Stream + 1, 1, file.Bytes,
            file.Id, NameOf(file, channel), $"{Address(request)}/Record/File/{file.Id}", file.IsOpen);
    }

    private string Address(HttpRequest request) => options.Api.Cdvr.WebUrl?.TrimEnd('/') ?? $"{request.Scheme}://{request.Host.Value}";

    private string NameOf(CdvrFile file, ChannelDefinition? channel)
    {
        var named = channel is null ? default : CdvrDevice.Of(channel, file.Stream.Stream);
        return $"{options.Api.Cdvr.FilePrefix}_{named.Sim}_{named.Channel}_{CdvrTime.WriteShort(file.FromUtcUs, _zone)}_{CdvrTime.WriteShort(file.ToUtcUs, _zone)}.{(file.Container == "ts" ? "ts" : "mp4")}";
    }

    /// <summary>A number where it is short enough to be one.</summary>
    private static JsonElement ChannelValue(string channel)
    {
        using var document = JsonDocument.Parse(channel.Length is > 0 and <= 3 ? channel : $"\"{channel}\"");
        return document.RootElement.Clone();
    }
}
