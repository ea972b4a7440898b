using System.Text.Json;
using System.Text.Json.Nodes;

namespace EdgeRecorder.Tests.SystemTests;

/// <summary>A storage root and a configuration file; outlives the processes that are started on it.</summary>
internal sealed class DaemonSetup : IDisposable
{
    private readonly TemporaryDirectory? _directory;
    private readonly JsonArray _channels = [];
    private JsonObject _vehicles = new() { ["enabled"] = false };
    private JsonObject _axxon = new() { ["enabled"] = false };
    private JsonObject _ome = new() { ["enabled"] = false };
    private JsonObject _inspector = new() { ["enabled"] = false };
    private JsonObject _cdvr = new() { ["enabled"] = false };
    private JsonObject _surveillance = new() { ["enabled"] = false };

    /// <param name="root">Where <c>storage.root</c> lies; null: a directory of its own, gone with this object.</param>
    public DaemonSetup(string? root = null)
    {
        _directory = new TemporaryDirectory();
        Root = root ?? _directory.File("data");
        ConfigurationFile = _directory.File("recorder.json");
        Port = FreePorts.Take();
    }

    public string Root { get; }
    public string Ring => Path.Combine(Root, "ring");
    public string ConfigurationFile { get; }
    public int Port { get; }
    public string RingSize { get; set; } = "64MiB";
    public string Volume { get; set; } = "any";
    public string SegmentSize { get; set; } = "1MiB";

    /// <summary>Where vehicle terminals find the recorder; 0 = it does not listen for them.</summary>
    public int VehiclePort { get; private set; }

    /// <summary>Where surveillance devices find the recorder; 0 = it does not listen for them.</summary>
    public int SurveillancePort { get; private set; }

    /// <summary>Where AxxonSoft's clients find the recorder; 0 = it does not listen for them.</summary>
    public int AxxonPort { get; private set; }

    /// <summary>Where OvenMediaEngine's clients find the recorder; 0 = it does not listen for them.</summary>
    public int OmePort { get; private set; }

    /// <summary>Where clients of the Inspector API find the recorder: control, and the recording service.</summary>
    public int InspectorPort { get; private set; }
    public int InspectorRecordingPort { get; private set; }

    /// <summary>What all named files together may take.</summary>
    public string FilesSize { get; set; } = "10%";

    /// <summary>Where CDVR's clients find the recorder; 0 = it does not listen for them.</summary>
    public int CdvrPort { get; private set; }

    /// <summary>Zone of the box.</summary>
    public string TimeZone { get; set; } = "local";

    /// <summary>What all exports together may take.</summary>
    public string ExportsSize { get; set; } = "5%";
    public string Encoder { get; set; } = "none";

    /// <summary>Another program than the one of the run.</summary>
    public string? Program { get; set; }
    public string LogDetail { get; set; } = "info";

    /// <summary>Variables of the process beside those of the tests.</summary>
    public List<(string Name, string Value)> Environment { get; } = [];

    /// <summary>A clock of the daemon's own; null: the machine's.</summary>
    public WallClock? Clock { get; init; }

    /// <summary>Now, by the daemon's clock.</summary>
    public DateTimeOffset Now => Clock?.Now ?? DateTimeOffset.UtcNow;

    /// <summary>Adds a channel; <paramref name="more"/> are further keys of its section.</summary>
    public DaemonSetup With(string key, string url, params (string Key, JsonNode? Value)[] more)
    {
        var channel = new JsonObject { ["key"] = key, ["url"] = url };
        foreach (var (name, value) in more)
            channel[name] = value;
        _channels.Add((JsonNode)channel);
        return this;
    }

    /// <summary>Listens for vehicle terminals, on ports that are free; <paramref name="more"/> are further keys of the section.</summary>
    public DaemonSetup WithVehicles(params (string Key, JsonNode? Value)[] more)
    {
        VehiclePort = FreePorts.Take();
        _vehicles = new JsonObject
        {
            ["bind"] = "127.0.0.1", ["port"] = VehiclePort, ["mediaPort"] = FreePorts.Take(), ["subPort"] = FreePorts.Take(), ["playbackPort"] = FreePorts.Take(), ["enrolment"] = "open", ["record"] = true,
        };
        foreach (var (name, value) in more)
            _vehicles[name] = value;
        return this;
    }

    /// <summary>Listens for surveillance devices, on a port that is free; <paramref name="more"/> are further keys of the section.</summary>
    public DaemonSetup WithSurveillance(params (string Key, JsonNode? Value)[] more)
    {
        SurveillancePort = FreePorts.Take();
        _surveillance = new JsonObject { ["bind"] = "127.0.0.1", ["port"] = SurveillancePort };
        foreach (var (name, value) in more)
            _surveillance[name] = value;
        return this;
    }

    /// <summary>Registers with a platform above, on 127.0.0.1, as the device with this code; the section of surveillance devices comes before.</summary>
    public DaemonSetup WithPlatform(int port, string serverId, string deviceId, string password, string transport = "udp")
    {
        _surveillance["platforms"] ??= new JsonArray();
        _surveillance["platforms"]!.AsArray().Add((JsonNode)new JsonObject
        {
            ["serverId"] = serverId, ["host"] = "127.0.0.1", ["port"] = port, ["deviceId"] = deviceId, ["password"] = password, ["transport"] = transport, ["keepaliveSeconds"] = 5,
        });
        return this;
    }

    /// <summary>Opens the AxxonSoft door on a port that is free; <paramref name="more"/> are further keys of the section.</summary>
    public DaemonSetup WithAxxon(params (string Key, JsonNode? Value)[] more)
    {
        AxxonPort = FreePorts.Take();
        _axxon = new JsonObject { ["bind"] = "127.0.0.1", ["port"] = AxxonPort, ["serverName"] = "Server1" };
        foreach (var (name, value) in more)
            _axxon[name] = value;
        return this;
    }

    /// <summary>Opens the OvenMediaEngine door on a port that is free; <paramref name="more"/> are further keys of the section.</summary>
    public DaemonSetup WithOme(params (string Key, JsonNode? Value)[] more)
    {
        OmePort = FreePorts.Take();
        _ome = new JsonObject { ["bind"] = "127.0.0.1", ["port"] = OmePort, ["token"] = "ome-access-token" };
        foreach (var (name, value) in more)
            _ome[name] = value;
        return this;
    }

    /// <summary>Opens both ports of the Inspector API, on ports that are free; <paramref name="more"/> are further keys of the section.</summary>
    public DaemonSetup WithInspector(params (string Key, JsonNode? Value)[] more)
    {
        (InspectorPort, InspectorRecordingPort) = (FreePorts.Take(), FreePorts.Take());
        _inspector = new JsonObject { ["bind"] = "127.0.0.1", ["port"] = InspectorPort, ["recordingPort"] = InspectorRecordingPort };
        foreach (var (name, value) in more)
            _inspector[name] = value;
        return this;
    }

    /// <summary>Opens the CDVR door on a port that is free; <paramref name="more"/> are further keys of the section.</summary>
    public DaemonSetup WithCdvr(params (string Key, JsonNode? Value)[] more)
    {
        CdvrPort = FreePorts.Take();
        _cdvr = new JsonObject { ["bind"] = "127.0.0.1", ["port"] = CdvrPort };
        foreach (var (name, value) in more)
            _cdvr[name] = value;
        return this;
    }

    public void RemoveChannels() => _channels.Clear();

    public void Write() => File.WriteAllText(ConfigurationFile, new JsonObject
    {
        ["system"] = new JsonObject { ["log"] = LogDetail, ["timeZone"] = TimeZone },
        ["storage"] = new JsonObject { ["root"] = Root, ["volume"] = Volume, ["ring"] = new JsonObject { ["size"] = RingSize, ["segmentSize"] = SegmentSize }, ["files"] = new JsonObject { ["size"] = FilesSize }, ["exports"] = new JsonObject { ["size"] = ExportsSize } },
        ["export"] = new JsonObject { ["encoder"] = Encoder },
        ["channels"] = _channels.DeepClone(),
        ["jt808"] = _vehicles.DeepClone(),
        ["gb28181"] = _surveillance.DeepClone(),
        ["api"] = new JsonObject
        {
            ["box"] = new JsonObject { ["port"] = Port, ["tlsPort"] = 0 },
            ["cdvr"] = _cdvr.DeepClone(),
            ["axxon"] = _axxon.DeepClone(),
            ["ome"] = _ome.DeepClone(),
            ["inspector"] = _inspector.DeepClone(),
        },
    }.ToJsonString(new JsonSerializerOptions { WriteIndented = true }));

    /// <summary>Segments that hold or held footage.</summary>
    public string[] Segments() => Directory.Exists(Ring) ? [.. Directory.EnumerateFiles(Ring, "*.mp4", SearchOption.AllDirectories).Order(StringComparer.Ordinal)] : [];

    public void Dispose() => _directory?.Dispose();
}
