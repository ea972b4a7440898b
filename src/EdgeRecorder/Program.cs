using EdgeRecorder.Export;
using EdgeRecorder.Hosting;
using EdgeRecorder.MediaWorker;
using EdgeRecorder.Storage;
using EdgeRecorder.Update;

// The table of contents: which command runs what, and what the daemon is made of.
return await CommandLine.RunAsync(args, new Commands
{
    Serve = options => Daemon.ServeAsync(options, Engine.AddTo),
    CheckConfig = ConfigCheck.Run,
    Probe = Engine.ProbeAsync,
    Fsck = Fsck.Run,
    Export = (wanted, output, errors) => RingExport.Run(wanted.Root, wanted.Channel, wanted.From, wanted.To, wanted.File, output, errors),
    Update = (what, output, errors) => Updater.Run(what, BoxSlots.OfThisBox(), output, errors),
    MediaWorker = encoders => Worker.Run(encoders, Console.OpenStandardInput(), Console.OpenStandardOutput(), Console.Error),
}, Console.Out, Console.Error);
