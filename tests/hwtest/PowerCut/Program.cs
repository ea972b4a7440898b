using System.Diagnostics;
using System.Globalization;
using EdgeRecorder.PowerCut;

// power-cut LOG DISK OPTIONS FOLDER PROGRAM CONFIGURATION MAKE-DATA [--cuts N] [--starts N] [--seed N] [--only ENTRY/LOSS]
//   LOG: what `machine --data-log` wrote; DISK: the disk as it was before; OPTIONS: how its file system is mounted. FOLDER, best in memory: for the states.
//   PROGRAM and CONFIGURATION: edge-recorder, started on some of the states. MAKE-DATA: what made the file system, tried on cuts in the middle of that. --only repeats one of them and leaves it in FOLDER.
const long Marks = 1 << 20, FileSystem = 2 << 20;           // the two partitions
var (positions, switches) = (args.TakeWhile(a => !a.StartsWith("--", StringComparison.Ordinal)).ToArray(), args.SkipWhile(a => !a.StartsWith("--", StringComparison.Ordinal)).Chunk(2).ToDictionary(p => p[0], p => p[1]));
if (positions is not [var logPath, var diskPath, var options, var folder, var program, var configuration, var makeData])
    return Usage();
int Number(string name, int otherwise) => switches.TryGetValue(name, out var text) ? int.Parse(text, CultureInfo.InvariantCulture) : otherwise;
SQLitePCL.Batteries_V2.Init();                              // before two look at databases at once
var full = Environment.GetEnvironmentVariable("SCALE") == "full";
var seed = Number("--seed", 20260517);
var empty = File.ReadAllBytes(diskPath);
var log = BlockLog.Read(logPath, empty.Length);
var trail = new Trail(log, Marks, FileSystem);
var mounted = trail.Marks.FindIndex(m => m.Kind == "mounted");
var ready = trail.Marks.FindIndex(m => m.Kind == "ready");
if (mounted < 0 || ready < 0)
{
    Console.WriteLine($"FAIL  the log has no sign that a recorder ran: {log.Entries.Count} entries, {trail.Marks.Count} marks");
    return 1;
}
var records = trail.Streams.Values.Sum(s => s.Length);
Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"      the log: {log.Entries.Count} entries, {log.Entries.Count(e => e.IsFlush)} flushes, {log.Entries.Sum(e => (long)e.Length) / 1048576} MiB; {trail.Marks.Count} marks; "
    + $"{trail.Streams.Count} streams, {records} records, {trail.Turns.Count} segments begun or given up"));
var cuts = switches.TryGetValue("--only", out var only) ? [Parse(only)] : Cuts.Choose(log, trail, trail.Marks[mounted].Entry + 1, trail.Marks[ready].Entry + 1, Number("--cuts", full ? 800 : 208), seed);
var starts = only is not null ? cuts.Count : Number("--starts", full ? cuts.Count : 8);
var trial = new Trial(log, trail, empty, folder, options, FileSystem, program, configuration);
var began = Stopwatch.GetTimestamp();
trial.Run(cuts, number => starts > 0 && number % Math.Max(1, cuts.Count / starts) == cuts.Count / starts / 2, number => full || only is not null || number % 8 == 1, keep: only is not null);
var took = Stopwatch.GetElapsedTime(began);

var f = trial.Figures;
Check($"{cuts.Count} states of {cuts.Select(c => c.Entry).Distinct().Count()} power cuts (seed {seed}) start again by themselves, both databases whole, nothing acknowledged is gone", trial.Faults.Count == 0);
foreach (var (cut, fault) in trial.Faults)
    Console.WriteLine($"      cut {cut}: {fault}");
Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"      {f.Found} acknowledged records found, {f.Unacknowledged} more, {f.Relinked} linked by recovery, {f.TornHeaders} headers of segments torn; "
    + $"{trial.Decoded} files decoded; {trial.Started} starts of the program; at most {f.LossSeconds:0.00} s lost (never more than {f.LossAtMostSeconds:0.00} s; the machine stood still for {f.StoodStillSeconds:0.00} s at the most); {took.TotalSeconds:0} s"));
if (only is null)
{
    var making = new Formatting(log, empty, folder, options, FileSystem, makeData).Run(trail.Marks[mounted].Entry, 24);
    Check($"{making.Tried} power cuts while the data partition is made: the next start makes it", making.Faults.Count == 0);
    foreach (var (cut, fault) in making.Faults)
        Console.WriteLine($"      cut {cut}: {fault}");
    Check("the trial was one: the ring lapped, footage was found, locks and recordings were confirmed",
        records > 200 && trail.Turns.Count > 40 && f.Found > 20 * cuts.Count && trial.Decoded > 40 && new Acknowledged(trail, log.Entries.Count) is { Locks.Count: > 0, Released.Count: > 1, Recordings.Count: > 2, Channels.Count: > 2 });
}
return trial.Faults.Count == 0 && Environment.ExitCode == 0 ? 0 : 1;

static Cut Parse(string text) => text.Split('/') is [var entry, var loss] ? new Cut(int.Parse(entry, CultureInfo.InvariantCulture), Enum.Parse<Loss>(loss, ignoreCase: true)) : throw new FormatException(text);

static void Check(string what, bool holds)
{
    Console.WriteLine($"{(holds ? "ok   " : "FAIL ")} {what}");
    if (!holds)
        Environment.ExitCode = 1;
}

static int Usage()
{
    Console.Error.WriteLine("usage: power-cut LOG DISK OPTIONS FOLDER PROGRAM CONFIGURATION MAKE-DATA [--cuts N] [--starts N] [--seed N] [--only ENTRY/LOSS]");
    return 2;
}
