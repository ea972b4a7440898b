using EdgeRecorder.Hosting;
using EdgeRecorder.Storage;

// The table of contents: which command runs what, and what the daemon is made of.
return await CommandLine.RunAsync(args, new Commands
{
    Serve = options => Daemon.ServeAsync(options, Engine.AddTo),
    CheckConfig = ConfigCheck.Run,
    Probe = Engine.ProbeAsync,
    Fsck = Fsck.Run,
}, Console.Out, Console.Error);
