using System.Numerics;
using System.Text;

namespace EdgeRecorder.Configuration;

/// <summary>What no single key can know: required keys, keys that must differ, ports that meet.</summary>
internal static class ConfigurationRules
{
    public static void Check(RecorderOptions options, Trail trail)
    {
        CheckChannels(options.Channels, trail);
        CheckStorage(options.Storage, trail);
        CheckPorts(options, trail);
        CheckPlatforms(options.Gb28181.Platforms, trail);
        CheckTimeZone(options.System.TimeZone, trail);
    }

    /// <summary>
    /// The key a name gives when none is written: letters and digits of ASCII stay, everything else becomes one hyphen.
    /// A name without any gives "channel".
    /// </summary>
    public static string Slug(string name)
    {
        var slug = new StringBuilder(Math.Min(name.Length, 64));
        foreach (var c in name)
            if (char.IsAsciiLetterOrDigit(c) || c == '_')
                slug.Append(char.ToLowerInvariant(c));
            else if (slug.Length > 0 && slug[^1] != '-')
                slug.Append('-');
        var text = slug.ToString(0, Math.Min(slug.Length, 64)).Trim('-');
        return text.Length == 0 ? "channel" : text;
    }

    public static bool IsKey(string key) => key.Length is >= 1 and <= 64 && key.All(c => char.IsAsciiLetterOrDigit(c) || c is '_' or '-');

    /// <summary>What is wrong with a source address, or null. Never quotes it: it may hold a password.</summary>
    public static string? WrongAddress(string address)
        => CameraAddress.IsOne(address) ? CameraAddress.Read(address, out var wrong) is null ? wrong : null
            : !Uri.TryCreate(address, UriKind.Absolute, out var uri) ? "is not an address; write rtsp://host/path or v4l2:///dev/video0"
            : uri.Scheme != "rtsp" ? $"has the scheme {uri.Scheme}; this version records rtsp:// and v4l2://"
            : uri.Host.Length == 0 ? "names no host"
            : null;

    /// <summary>A promise above its own limit, or null.</summary>
    public static (string Key, string What)? WrongQuota(ChannelQuota quota)
        => quota is { MinAge: { } least, MaxAge: { } most } && least > most ? ("minAge", "is longer than maxAge")
            : quota is { MinSize.Bytes: { } small, MaxSize.Bytes: { } large } && small > large ? ("minSize", "is larger than maxSize")
            : null;

    private static void CheckChannels(List<ChannelOptions> channels, Trail trail)
    {
        Dictionary<string, int> keys = new(channels.Count, StringComparer.OrdinalIgnoreCase);
        for (var i = 0; i < channels.Count; i++)
        {
            var (channel, path) = (channels[i], $"channels[{i}]");
            channel.Origin = trail.Of(path);
            if (string.IsNullOrWhiteSpace(channel.Name) && channel.Key is null)
                trail.Wrong(channel.Origin, path, "needs a name or a key");
            if (channel.Url is null)
                trail.Wrong(channel.Origin, path, "needs a url");
            else if (WrongAddress(channel.Url) is { } wrong)
                trail.Wrong(trail.Of($"{path}.url"), $"{path}.url", wrong);
            if (channel.SubUrl is not null && WrongAddress(channel.SubUrl) is { } wrongSub)
                trail.Wrong(trail.Of($"{path}.subUrl"), $"{path}.subUrl", wrongSub);
            channel.Key ??= Slug(channel.Name ?? "");
            channel.Name = string.IsNullOrWhiteSpace(channel.Name) ? channel.Key : channel.Name;
            if (!IsKey(channel.Key))
                trail.Wrong(trail.Of($"{path}.key"), $"{path}.key", $"\"{channel.Key}\" is not 1 to 64 of A-Z a-z 0-9 _ -");
            else if (!keys.TryAdd(channel.Key, i))
                trail.Wrong(trail.Of($"{path}.key"), $"{path}.key", $"\"{channel.Key}\" is also the key of channels[{keys[channel.Key]}] ({channels[keys[channel.Key]].Origin})");
            if (WrongQuota(channel.Quota) is var (key, what))
                trail.Wrong(trail.Of($"{path}.quota.{key}"), $"{path}.quota.{key}", what);
        }
    }

    private static void CheckStorage(StorageOptions storage, Trail trail)
    {
        if (storage.Root.Length == 0 || storage.Root[0] != '/')
            trail.Wrong(trail.Of("storage.root"), "storage.root", $"\"{storage.Root}\" is not an absolute path");
        if (storage.Ring.SegmentSize.Bytes is { } size && (size < 1 << 20 || size > 1 << 30 || !BitOperations.IsPow2(size)))
            trail.Wrong(trail.Of("storage.ring.segmentSize"), "storage.ring.segmentSize", $"{storage.Ring.SegmentSize} is not a power of two from 1MiB to 1GiB");
    }

    private static void CheckPlatforms(List<PlatformOptions> platforms, Trail trail)
    {
        for (var i = 0; i < platforms.Count; i++)
        {
            var (platform, path) = (platforms[i], $"gb28181.platforms[{i}]");
            foreach (var (key, value) in new[] { ("serverId", platform.ServerId), ("host", platform.Host), ("deviceId", platform.DeviceId) })
                if (value.Length == 0)
                    trail.Wrong(trail.Of(path), path, $"needs a {key}");
            if (platforms.FindIndex(other => (other.ServerId, other.Host, other.Port) == (platform.ServerId, platform.Host, platform.Port)) < i)
                trail.Wrong(trail.Of(path), path, $"{platform.ServerId} at {platform.Host}:{platform.Port} stands there twice");
        }
    }

    private static void CheckTimeZone(string zone, Trail trail)
    {
        if (zone != "local" && !TimeZoneInfo.TryFindSystemTimeZoneById(zone, out _))
            trail.Wrong(trail.Of("system.timeZone"), "system.timeZone", $"\"{zone}\" is not a zone of this system's time zone database");
    }

    private static void CheckPorts(RecorderOptions options, Trail trail)
    {
        Dictionary<int, string> taken = [];
        var api = options.Api;
        Take("api.box.port", api.Box.Port);
        Take("api.box.tlsPort", api.Box.TlsPort);
        Take("api.cdvr.port", api.Cdvr.Enabled ? api.Cdvr.Port : 0);
        Take("api.axxon.port", api.Axxon.Enabled ? api.Axxon.Port : 0);
        Take("api.ome.port", api.Ome is { Enabled: true, Token: not null } ? api.Ome.Port : 0);
        Take("api.inspector.port", api.Inspector.Enabled ? api.Inspector.Port : 0);
        Take("api.inspector.recordingPort", api.Inspector.Enabled ? api.Inspector.RecordingPort : 0);
        var jt = options.Jt808;
        Take("jt808.port", jt.Enabled ? jt.Port : 0);
        Take("jt808.mediaPort", jt.Enabled ? jt.MediaPort : 0);
        Take("jt808.subPort", jt.Enabled ? jt.SubPort : 0);
        Take("jt808.playbackPort", jt.Enabled ? jt.PlaybackPort : 0);
        Take("gb28181.platformPort", options.Gb28181.Platforms.Count > 0 ? options.Gb28181.PlatformPort : 0);
        Take("gb28181.port", options.Gb28181 is { Enabled: true, Password: not null } ? options.Gb28181.Port : 0);

        void Take(string key, int port)
        {
            if (port != 0 && !taken.TryAdd(port, key))
                trail.Wrong(trail.Of(key), key, $"{port} is also {taken[port]}");
        }
    }
}
