using System.Globalization;
using EdgeRecorder.Simulators.GbDevice.Messages;

namespace EdgeRecorder.Simulators.GbDevice;

/// <summary>Answers what a platform asks in MESSAGEs, each by a MESSAGE of its own (GB/T 28181-2022, 9.3 to 9.5 and annex A).</summary>
internal sealed class QueryDesk(Device device)
{
    private readonly SortedDictionary<int, string> _presets = new() { [1] = "大门" };
    private bool _isRecording, _isOnGuard;

    /// <summary>Answers to alarms of ours.</summary>
    public int AlarmsAnswered { get; private set; }

    public IReadOnlyDictionary<int, string> Presets => _presets;

    public void Take(PlatformDocument document)
    {
        switch (document.Root, document.CmdType)
        {
            case ("Query", "Catalog") when !device.Faults.NoLists:
                new ListSender(device, document, "DeviceList").Send([.. Catalog.Items(device)], device.Options.CatalogPart);
                break;
            case ("Query", "RecordInfo") when !device.Faults.NoLists:
                SendFootage(document);
                break;
            case ("Query", "Catalog" or "RecordInfo"):
                break;
            case ("Query", "DeviceInfo"):
                device.Tell(Response(document)
                    .Field("DeviceName", "模拟设备").Field("Result", "OK").Field("Manufacturer", "EdgeRecorder").Field("Model", "GB simulator").Field("Firmware", "V1.0").Field("Channel", device.Channels.Count));
                break;
            case ("Query", "DeviceStatus"):
                device.Tell(Response(document)
                    .Field("Result", "OK").Field("Online", "ONLINE").Field("Status", "OK").Field("Encode", "ON").Field("Record", _isRecording ? "ON" : "OFF")
                    .Field("DeviceTime", DocumentText.Time(Footage.Now()))
                    .Open("Alarmstatus", 1).Open("Item").Field("DeviceID", device.Id).Field("DutyStatus", _isOnGuard ? "ONDUTY" : "OFFDUTY").Close("Item").Close("Alarmstatus"));
                break;
            case ("Query", "ConfigDownload"):
                device.Tell(Response(document).Field("Result", "OK").Open("BasicParam")
                    .Field("Name", "模拟设备").Field("Expiration", device.Options.Expires).Field("HeartBeatInterval", (int)device.Options.Heartbeat).Field("HeartBeatCount", 3)
                    .Close("BasicParam"));
                break;
            case ("Query", "PresetQuery"):
                SendPresets(document);
                break;
            case ("Control", "DeviceControl"):
                Control(document);
                break;
            case ("Control", "DeviceConfig"):
                foreach (var (name, value) in document.Rest)
                    device.Keep(document.DeviceId, name, value);
                device.Tell(Response(document).Field("Result", "OK"));
                break;
            case ("Response", "Alarm"):
                AlarmsAnswered++;
                break;
            case ("Notify", "Broadcast"):
                device.Tell(Response(document).Field("Result", "ERROR"));
                break;
            default:
                device.Reject($"{document.Root} {document.CmdType} of a platform");
                break;
        }
    }

    private static DocumentText Response(PlatformDocument query) => new("Response", query.CmdType, query.Sn, query.DeviceId);

    private void SendFootage(PlatformDocument query)
    {
        var channel = device.Channels.FirstOrDefault(c => c.Id == query.DeviceId) ?? device.Channels[0];
        var bytesPerSecond = (channel.Main?.BytesPerSecond ?? 0) + (channel.Audio?.BytesPerSecond ?? 0);
        var found = device.Footage.Find(query.Time("StartTime"), query.Time("EndTime"), query["Type"] ?? "all");
        new ListSender(device, query, "RecordList").Send(
            [.. found.Select((item, i) => (Action<DocumentText>)(document => document.Open("Item")
                .Field("DeviceID", query.DeviceId).Field("Name", channel.Name).Field("FilePath", string.Create(CultureInfo.InvariantCulture, $"/rec/{channel.Id}/{item.Start:yyyyMMddHHmmss}.ps"))
                .Field("Address", "Address").Field("StartTime", DocumentText.Time(item.Start)).Field("EndTime", DocumentText.Time(item.End)).Field("Secrecy", 0).Field("Type", item.Type)
                .Field("FileSize", (long)((item.End - item.Start).TotalSeconds * bytesPerSecond)).Close("Item")))],
            device.Options.RecordPart,
            document => document.Field("Name", channel.Name));
    }

    private void SendPresets(PlatformDocument query)
    {
        var document = Response(query).Field("SumNum", _presets.Count).Open("PresetList", _presets.Count);
        foreach (var (number, name) in _presets)
            document.Open("Item").Field("PresetID", number).Field("PresetName", name).Close("Item");
        device.Tell(document.Close("PresetList"));
    }

    private void Control(PlatformDocument document)
    {
        foreach (var (name, value) in document.Rest)
        {
            if (name == "Info")
                continue;
            device.Keep(document.DeviceId, name, value);
            switch (name)
            {
                case "PTZCmd":
                    Move(value, document["PresetName"]);
                    break;
                case "IFameCmd" or "IFrameCmd":
                    device.Calls.ForEach(device.Channels.Any(c => c.Id == document.DeviceId) ? document.DeviceId : null, stream => stream.Video?.ForceSync());
                    break;
                case "RecordCmd":
                    _isRecording = value == "Record";
                    device.Tell(Response(document).Field("Result", "OK"));
                    break;
                case "GuardCmd":
                    _isOnGuard = value == "SetGuard";
                    device.Tell(Response(document).Field("Result", "OK"));
                    break;
                case "AlarmCmd" or "HomePosition":
                    device.Tell(Response(document).Field("Result", "OK"));
                    break;
                case "TeleBoot":
                    device.Calls.Cut("rebooted");
                    device.Registration.Lose("rebooted", device.Options.Reconnect);
                    return;
                case "PTZCmdParams" or "DragZoomIn" or "DragZoomOut" or "StreamNumber":
                    break;
                default:
                    device.Reject($"DeviceControl {name}");
                    break;
            }
        }
    }

    /// <summary>A5 | version and check | address | instruction | data 1 | data 2 | data 3, address | sum (GB/T 28181-2022, annex A.3).</summary>
    private void Move(string code, string? presetName)
    {
        if (code.Length != 16)
            throw new MalformedException($"PTZCmd {code}");
        var bytes = Convert.FromHexString(code);
        if (bytes[0] != 0xA5 || (bytes[1] & 0xF) != ((bytes[0] >> 4) + (bytes[0] & 0xF) + (bytes[1] >> 4)) % 16 || bytes[7] != (byte)bytes.AsSpan(0, 7).ToArray().Sum(b => b))
            throw new MalformedException($"PTZCmd {code}: its checks do not fit");
        if (bytes[3] == 0x81)
            _presets[bytes[5]] = presetName ?? $"预置位 {bytes[5]}";
        else if (bytes[3] == 0x83)
            _presets.Remove(bytes[5]);
    }
}
