using System.Globalization;
using EdgeRecorder.Configuration;
using EdgeRecorder.Recording;

namespace EdgeRecorder.Api.Ome;

/// <summary>Virtual hosts and applications are views on the channels: an application shows all of them or those of a protocol.</summary>
internal sealed class OmeViews(OmeOptions options, ChannelCatalog catalog)
{
    private readonly Dictionary<string, string> _applications = options.Apps.Select(item => item.Split('=', 2)).ToDictionary(parts => parts[0].Trim(), parts => ProtocolOf(parts[^1].Trim()), StringComparer.Ordinal);

    public bool HasHost(string name) => options.Vhosts.Contains(name, StringComparer.Ordinal);

    public bool HasApplication(string name) => _applications.ContainsKey(name);

    /// <summary>The channel that is called so: its key (of vehicles SIM and channel, of GB/T 28181 device and channel), or `ch` and its number.</summary>
    public ChannelDefinition? Find(string application, string stream)
    {
        var all = catalog.All.Where(channel => _applications[application] is var protocol && (protocol.Length == 0 || channel.Protocol == protocol)).ToList();
        return all.Find(channel => channel.Key.Equals(stream, StringComparison.OrdinalIgnoreCase))
            ?? (stream.StartsWith("ch", StringComparison.Ordinal) && int.TryParse(stream.AsSpan(2), NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? all.Find(channel => channel.Number == number) : null);
    }

    /// <summary>What a channel will be known by that is not there yet.</summary>
    public string Awaited(string application, string stream)
        => _applications[application] is { Length: > 0 } protocol ? ChannelNames.OfKey(protocol, stream) : ChannelNames.OfStream(stream);

    /// <summary>Media protocols as this family's users know them; anything else is a name for all channels.</summary>
    private static string ProtocolOf(string word) => word switch { "jt1078" or "jt808" => "jt808", "rtsp" or "gb28181" or "v4l2" => word, _ => "" };
}
