using System.Globalization;
using EdgeRecorder.Simulators.GbDevice.Media;

namespace EdgeRecorder.Simulators.GbDevice;

/// <summary>Executes the commands of the control port and the fault switches of the command line.</summary>
internal sealed class GbDeviceCommands(Fleet fleet)
{
    public const string Help = """
          drop N                  lose N in a thousand media packets (0 = none)
          duplicate N  reorder N  send so many twice; behind their successors
          drop-once K             * lose the next K packets of each stream
          stall SECONDS [backlog] media stops, connections stay; "backlog" delivers later what was held back (0 ends a stall)
          jump SECONDS            * media timestamps jump, forward or back
          ssrc KIND               wrong (one more) | zero | right;  no-marker [off]
          psm KIND                right | missing | late (not with the first three sync samples) | once | every | wrong (other codecs)
          unbounded [off]         PES_packet_length 0;  pes N  largest PES packet;  split-sets [off]  parameter sets in PES packets of their own
          private [off]           private streams behind pictures, with start codes in them;  stuffing [off]  that looks like a pack header now and then
          audio-without-pack [off]  alternate [off]  the other clip, with its own parameter sets, at the next sync sample
          disconnect-media        * close the media connections
          bye                     * hang up
          no-answer [off]         to INVITE: nothing; only-trying [off]: 100 and nothing further; refuse N: that status (0 = not); answer-delay S
          own-ssrc [off]          the answer has another SSRC, as of a platform;  no-ssrc [off]
          no-media [off]  media-delay S    media never comes, or late;  keep-sending [off]  BYE is acknowledged and ignored
          no-end [off]            no MediaStatus 121 at the end of footage
          offline [S]             * gone without a word for S seconds (0), calls too;  disconnect [S]  * the same for signalling alone
          unregister [S]  register    * leave in good order and come back; register anew
          replay                  * the last REGISTER with credentials once more;  flood N  * so many keep-alives at once
          mute [off]              hears and says nothing;  no-heartbeat [off]  wrong-password [off]
          content-length N        off by so much;  compact [off]  short header names
          list-sum N              SumNum off by so much;  list-lose K  part K never comes;  list-twice  list-backwards  list-num [off]  Num is wrong
          no-lists [off]          Catalog and RecordInfo are never answered
          alarm METHOD TYPE [PRIORITY]    * as NOTIFY to who subscribed, else as MESSAGE;  position  * likewise;  catalog EVENT CODE  * likewise
          heal                    all of these off
          stats  totals           one line of JSON: registrations, messages and streams; sums
          controls                what the platform had it do: PTZ codes and the like;  units [video|audio]  what each stream sent
          footage  where  channels
        "@CODE command" concerns that device, or that channel, only, now and later. * = at run time only.
        """;

    private static readonly string[] _momentary =
        ["drop-once", "jump", "disconnect-media", "bye", "offline", "disconnect", "unregister", "register", "replay", "flood", "alarm", "position", "catalog"];

    /// <summary>Sets a fault before the first registration.</summary>
    public void ExecuteAtStart(string command)
    {
        if (_momentary.Contains(command.Split(' ')[0]))
            throw new UsageException($"--{command.Split(' ')[0]} acts on devices that are there: use the control port");
        var answer = Execute(command);
        if (answer != "ok")
            throw new UsageException($"--{command}: {answer}");
    }

    /// <summary>Returns <c>ok</c>, one line of JSON, or <c>error …</c>.</summary>
    public string Execute(string line)
    {
        var words = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        string? target = null;
        if (words.Length > 0 && words[0].StartsWith('@'))
            (target, words) = (words[0][1..], words[1..]);
        if (words.Length == 0)
            return "error: empty command";
        try
        {
            var devices = fleet.Devices.Where(d => target is null || d.Id == target || d.Channels.Any(c => c.Id == target)).ToList();
            if (devices.Count == 0)
                return $"error: no device or channel {target}";
            var channel = devices.Exists(d => d.Id == target) ? null : target;
            return SetFault(fleet.FaultsFor(target), words[0], words[1..]) ? "ok" : Ask(devices, channel, words[0], words[1..]) ?? Act(devices, channel, words[0], words[1..]);
        }
        catch (Exception e) when (e is FormatException or OverflowException or IndexOutOfRangeException)
        {
            return $"error: {words[0]} does not take '{string.Join(' ', words[1..])}'";
        }
    }

    /// <summary>What lasts; false when the command is none of these.</summary>
    private static bool SetFault(Faults faults, string command, string[] values)
    {
        var isOn = values is not ["off"];
        int Integer() => int.Parse(values[0], CultureInfo.InvariantCulture);
        switch (command)
        {
            case "drop": faults.Drop = Integer(); break;
            case "duplicate": faults.Duplicate = Integer(); break;
            case "reorder": faults.Reorder = Integer(); break;
            case "stall":
                faults.StallKeepsBacklog = values is [_, "backlog"];
                faults.StalledUntil = Fleet.Now + Seconds(values[0]);
                break;
            case "ssrc": faults.Ssrc = values[0] switch { "wrong" => SsrcFault.Wrong, "zero" => SsrcFault.Zero, "right" => SsrcFault.None, _ => throw new FormatException() }; break;
            case "no-marker": faults.NoMarker = isOn; break;
            case "psm":
                faults.Map = values[0] switch
                {
                    "right" => MapFault.None,
                    "missing" => MapFault.Missing,
                    "late" => MapFault.Late,
                    "once" => MapFault.Once,
                    "every" => MapFault.Every,
                    "wrong" => MapFault.Wrong,
                    _ => throw new FormatException(),
                };
                break;
            case "unbounded": faults.Unbounded = isOn; break;
            case "pes": faults.LargestPes = Integer() is >= 100 and <= PsWriter.LargestPes and var largest ? largest : throw new FormatException(); break;
            case "split-sets": faults.SplitParameterSets = isOn; break;
            case "private": faults.PrivateStreams = isOn; break;
            case "stuffing": faults.Stuffing = isOn; break;
            case "audio-without-pack": faults.AudioWithoutPack = isOn; break;
            case "alternate": faults.Alternate = isOn; break;
            case "no-answer": faults.NoAnswer = isOn; break;
            case "only-trying": faults.OnlyTrying = isOn; break;
            case "refuse": faults.Refuse = Integer(); break;
            case "answer-delay": faults.AnswerDelay = Seconds(values[0]); break;
            case "own-ssrc": faults.OwnSsrc = isOn; break;
            case "no-ssrc": faults.NoSsrc = isOn; break;
            case "no-media": faults.NoMedia = isOn; break;
            case "media-delay": faults.MediaDelay = Seconds(values[0]); break;
            case "keep-sending": faults.KeepSending = isOn; break;
            case "no-end": faults.NoEnd = isOn; break;
            case "mute": faults.Mute = isOn; break;
            case "no-heartbeat": faults.NoHeartbeat = isOn; break;
            case "wrong-password": faults.WrongPassword = isOn; break;
            case "content-length": faults.LengthError = Integer(); break;
            case "compact": faults.Compact = isOn; break;
            case "list-sum": faults.SumError = Integer(); break;
            case "list-lose": faults.LosePart = Integer(); break;
            case "list-twice": faults.PartsTwice = isOn; break;
            case "list-backwards": faults.PartsBackwards = isOn; break;
            case "list-num": faults.WrongNum = isOn; break;
            case "no-lists": faults.NoLists = isOn; break;
            case "heal": faults.Clear(); break;
            default: return false;
        }
        return true;
    }

    /// <summary>What is asked; null when the command is none of these.</summary>
    private string? Ask(List<Device> devices, string? channel, string command, string[] values) => command switch
    {
        "stats" => FleetStatistics.Of(devices, channel),
        "totals" => FleetStatistics.Totals(fleet),
        "controls" => FleetStatistics.Controls(devices),
        "units" => FleetStatistics.Units(devices, channel, values.Length > 0 ? values[0] : "video"),
        "footage" => FleetStatistics.Footage(devices),
        "where" => FleetStatistics.Position(devices),
        "channels" => FleetStatistics.Channels(devices),
        _ => null,
    };

    /// <summary>What happens once.</summary>
    private static string Act(List<Device> devices, string? channel, string command, string[] values)
    {
        int Integer(int index) => int.Parse(values[index], CultureInfo.InvariantCulture);
        switch (command)
        {
            case "drop-once": ForEachStream(s => s.Packets.DropOnce = Integer(0)); break;
            case "jump": ForEachStream(s => s.Jump(Seconds(values[0]))); break;
            case "disconnect-media": ForEachStream(s => s.Link.Close()); break;
            case "bye": devices.ForEach(d => d.Calls.HangUp("bye", channel)); break;
            case "offline":
                devices.ForEach(d =>
                {
                    d.Calls.Cut("offline");
                    d.Registration.Lose("offline", values.Length > 0 ? Seconds(values[0]) : 0);
                });
                break;
            case "disconnect": devices.ForEach(d => d.Registration.Lose("disconnect", values.Length > 0 ? Seconds(values[0]) : 0)); break;
            case "unregister":
                devices.ForEach(d =>
                {
                    d.Calls.HangUp("unregister");
                    d.Registration.Unregister(values.Length > 0 ? Seconds(values[0]) : double.PositiveInfinity);
                });
                break;
            case "register": devices.ForEach(d => d.Registration.RegisterAnew()); break;
            case "replay": devices.ForEach(d => d.Registration.Replay()); break;
            case "flood": devices.ForEach(d => d.Registration.Flood(Integer(0))); break;
            case "alarm": devices.ForEach(d => d.Subscriptions.TellAlarm(channel ?? d.Id, values.Length > 2 ? Integer(2) : 4, Integer(0), Integer(1))); break;
            case "position": devices.ForEach(d => d.Subscriptions.TellPosition()); break;
            case "catalog": devices.ForEach(d => d.Subscriptions.TellCatalog(values[1], values[0])); break;
            default: return $"error: unknown command or value '{command} {string.Join(' ', values)}'";
        }
        return "ok";

        void ForEachStream(Action<CallStream> action) => devices.ForEach(d => d.Calls.ForEach(channel, action));
    }

    private static double Seconds(string text) => double.Parse(text, CultureInfo.InvariantCulture);
}
