using EdgeRecorder.Simulators.GbDevice.Media;

namespace EdgeRecorder.Simulators.GbDevice;

/// <summary>What devices do at a command.</summary>
internal sealed class GbDeviceCommands(Fleet fleet) : Commands(
    "devices", "drop-once", "jump", "disconnect-media", "bye", "offline", "disconnect", "unregister", "register", "replay", "flood", "alarm", "position", "catalog")
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

    protected override string Execute(Command command)
    {
        var target = command.Target;
        var devices = fleet.Devices.Where(d => target is null || d.Id == target || d.Channels.Any(c => c.Id == target)).ToList();
        if (devices.Count == 0)
            return $"error: no device or channel {target}";
        var channel = devices.Exists(d => d.Id == target) ? null : target;
        return SetFault(fleet.Faults.For(target), command) ? "ok" : Ask(devices, channel, command) ?? Act(devices, channel, command);
    }

    /// <summary>What lasts; false when the command is none of these.</summary>
    private static bool SetFault(Faults faults, Command command)
    {
        switch (command.Name)
        {
            case "drop": faults.Drop = command.Integer(); break;
            case "duplicate": faults.Duplicate = command.Integer(); break;
            case "reorder": faults.Reorder = command.Integer(); break;
            case "stall":
                faults.StallKeepsBacklog = command.KeepsBacklog;
                faults.StalledUntil = PacerClock.Now + command.Seconds();
                break;
            case "ssrc": faults.Ssrc = command.Values[0] switch { "wrong" => SsrcFault.Wrong, "zero" => SsrcFault.Zero, "right" => SsrcFault.None, _ => throw new FormatException() }; break;
            case "no-marker": faults.NoMarker = command.IsOn; break;
            case "psm":
                faults.Map = command.Values[0] switch
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
            case "unbounded": faults.Unbounded = command.IsOn; break;
            case "pes": faults.LargestPes = command.Integer() is >= 100 and <= PsWriter.LargestPes and var largest ? largest : throw new FormatException(); break;
            case "split-sets": faults.SplitParameterSets = command.IsOn; break;
            case "private": faults.PrivateStreams = command.IsOn; break;
            case "stuffing": faults.Stuffing = command.IsOn; break;
            case "audio-without-pack": faults.AudioWithoutPack = command.IsOn; break;
            case "alternate": faults.Alternate = command.IsOn; break;
            case "no-answer": faults.NoAnswer = command.IsOn; break;
            case "only-trying": faults.OnlyTrying = command.IsOn; break;
            case "refuse": faults.Refuse = command.Integer(); break;
            case "answer-delay": faults.AnswerDelay = command.Seconds(); break;
            case "own-ssrc": faults.OwnSsrc = command.IsOn; break;
            case "no-ssrc": faults.NoSsrc = command.IsOn; break;
            case "no-media": faults.NoMedia = command.IsOn; break;
            case "media-delay": faults.MediaDelay = command.Seconds(); break;
            case "keep-sending": faults.KeepSending = command.IsOn; break;
            case "no-end": faults.NoEnd = command.IsOn; break;
            case "mute": faults.Mute = command.IsOn; break;
            case "no-heartbeat": faults.NoHeartbeat = command.IsOn; break;
            case "wrong-password": faults.WrongPassword = command.IsOn; break;
            case "content-length": faults.LengthError = command.Integer(); break;
            case "compact": faults.Compact = command.IsOn; break;
            case "list-sum": faults.SumError = command.Integer(); break;
            case "list-lose": faults.LosePart = command.Integer(); break;
            case "list-twice": faults.PartsTwice = command.IsOn; break;
            case "list-backwards": faults.PartsBackwards = command.IsOn; break;
            case "list-num": faults.WrongNum = command.IsOn; break;
            case "no-lists": faults.NoLists = command.IsOn; break;
            case "heal": faults.Clear(); break;
            default: return false;
        }
        return true;
    }

    /// <summary>What is asked; null when the command is none of these.</summary>
    private string? Ask(List<Device> devices, string? channel, Command command) => command.Name switch
    {
        "stats" => FleetStatistics.Of(devices, channel),
        "totals" => FleetStatistics.Totals(fleet),
        "controls" => FleetStatistics.Controls(devices),
        "units" => FleetStatistics.Units(devices, channel, command.Values.Length > 0 ? command.Values[0] : "video"),
        "footage" => FleetStatistics.Footage(devices),
        "where" => FleetStatistics.Position(devices),
        "channels" => FleetStatistics.Channels(devices),
        _ => null,
    };

    /// <summary>What happens once.</summary>
    private static string Act(List<Device> devices, string? channel, Command command)
    {
        switch (command.Name)
        {
            case "drop-once": ForEachStream(s => s.Packets.DropOnce = command.Integer()); break;
            case "jump": ForEachStream(s => s.Jump(command.Seconds())); break;
            case "disconnect-media": ForEachStream(s => s.Link.Close()); break;
            case "bye": devices.ForEach(d => d.Calls.HangUp("bye", channel)); break;
            case "offline":
                devices.ForEach(d =>
                {
                    d.Calls.Cut("offline");
                    d.Registration.Lose("offline", command.SecondsOr(0));
                });
                break;
            case "disconnect": devices.ForEach(d => d.Registration.Lose("disconnect", command.SecondsOr(0))); break;
            case "unregister":
                devices.ForEach(d =>
                {
                    d.Calls.HangUp("unregister");
                    d.Registration.Unregister(command.SecondsOr(double.PositiveInfinity));
                });
                break;
            case "register": devices.ForEach(d => d.Registration.RegisterAnew()); break;
            case "replay": devices.ForEach(d => d.Registration.Replay()); break;
            case "flood": devices.ForEach(d => d.Registration.Flood(command.Integer())); break;
            case "alarm": devices.ForEach(d => d.Subscriptions.TellAlarm(channel ?? d.Id, command.Values.Length > 2 ? command.Integer(2) : 4, command.Integer(), command.Integer(1))); break;
            case "position": devices.ForEach(d => d.Subscriptions.TellPosition()); break;
            case "catalog": devices.ForEach(d => d.Subscriptions.TellCatalog(command.Values[1], command.Values[0])); break;
            default: return command.Unknown;
        }
        return "ok";

        void ForEachStream(Action<CallStream> action) => devices.ForEach(d => d.Calls.ForEach(channel, action));
    }
}
